"""`yingda menu` as an operator runs it, over real sockets."""

import asyncio
import sys
from pathlib import Path

import pytest

from support.settings import TOKEN
from yingda.clock import SystemClock
from yingda.simulator.followers import Followers
from yingda.simulator.server_api import ServerApi
from yingda.simulator.server_api_base import SAMPLE_APP_ID
from yingda.simulator.server_api_http import ServerApiFront

pytestmark = pytest.mark.realtime

#: No sample: the settings refuse those.
SECRET = "9c3f1e7ab26d48059c3f1e7ab26d4805"
FILE = f"""
[accounts.shop]
token = "{TOKEN}"
provider = "echo"
app_id = "{SAMPLE_APP_ID}"
app_secret = "env:SECRET"

[[accounts.shop.menu]]
name = "帮助"
command = "help"
"""


async def run(folder: Path, step: str, base_url: str) -> tuple[int, str]:
    path = folder / "yingda.toml"
    path.write_text(FILE.replace("token =", f'api_base = "{base_url}"\ntoken ='), encoding="utf-8")
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "yingda", "menu", step, "--config", str(path)),
        env={"PATH": "", "LANG": "zh_CN.UTF-8", "PYTHONUTF8": "1", "SECRET": SECRET},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await running.communicate()
    assert running.returncode is not None
    return running.returncode, out.decode()


async def test_a_menu_is_published_shown_and_deleted(tmp_path: Path) -> None:
    clock = SystemClock()
    server = ServerApi(Followers(clock), clock)
    server.account = type(server.account)(app_secret=SECRET)
    async with ServerApiFront(server) as front:
        status, said = await run(tmp_path, "publish", front.base_url)
        assert (status, said.splitlines()[0]) == (0, "+ 帮助  click 帮助")
        button = {"type": "click", "name": "帮助", "key": "帮助"}
        assert server.menu == {"button": [button]}
        assert await run(tmp_path, "show", front.base_url) == (0, "帮助  click 帮助\n")
        status, _ = await run(tmp_path, "delete", front.base_url)
        assert status == 0
        assert not server.menu
    status, said = await run(tmp_path, "show", front.base_url)
    assert status == 1
    assert said.startswith("连不上微信：")
