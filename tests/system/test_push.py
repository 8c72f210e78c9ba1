"""The real process as an account that may push, over real HTTP on both sides."""

import asyncio
import signal
from pathlib import Path

import pytest

from support.process import APP_ID, phone_at, serving
from support.pushing import SEND, TYPING, body
from yingda.clock import SystemClock
from yingda.simulator.dify_script import DifyScript
from yingda.simulator.dify_server import DifyServer
from yingda.simulator.followers import Followers
from yingda.simulator.phone import Phone
from yingda.simulator.server_api import ServerApi
from yingda.simulator.server_api_base import ApiAccount
from yingda.simulator.server_api_http import ServerApiFront

pytestmark = pytest.mark.realtime

KEY = "app-0123456789abcdefghijklmn"
#: No sample: the settings refuse those.
SECRET = "9c3f1e7ab26d48059c3f1e7ab26d4805"
WHOLE = "\n\n".join([f"第{n}段，" + "好的" * 300 + "。" for n in range(1, 4)])
#: The answer ends after six seconds and its parts follow at once; a loaded machine may be slow.
_LIMIT_S = 20.0


async def pushed(phone: Phone, text: str) -> list[str]:
    """The service messages, once they carry all of this text."""
    async with asyncio.timeout(_LIMIT_S):
        while True:
            seen = [bubble.text for bubble in phone.history if bubble.is_service]
            if body(*seen) == "".join(text.split()):
                return seen
            await asyncio.sleep(0.05)


async def test_a_slow_answer_comes_by_itself_to_a_process_that_asked_whether_it_may_push(
    tmp_path: Path,
) -> None:
    clock = SystemClock()
    api = ServerApi(Followers(clock), clock, ApiAccount(app_id=APP_ID, app_secret=SECRET))
    async with DifyServer(clock, api_key=KEY) as dify, ServerApiFront(api) as front:
        dify.on("问", DifyScript(text=WHOLE, pieces=6, first_s=5.0, gap_s=0.2))
        variables = {
            "YINGDA_PROVIDER": "dify",
            "YINGDA_DIFY_API_KEY": dify.api_key,
            "YINGDA_DIFY_BASE_URL": dify.base_url,
            "YINGDA_WECHAT_APP_SECRET": SECRET,
            "YINGDA_WECHAT_API_BASE": front.base_url,
        }
        async with serving(tmp_path, **variables) as (process, address), phone_at(address) as phone:
            api.followers = phone.platform.followers
            asked = await phone.say("问")
            assert not asked.shown
            assert len(asked.attempts) == 1
            seen = await pushed(phone, WHOLE)
            assert len(seen) == api.calls[SEND] > 1
            assert api.calls[TYPING] > 0
            assert await process.end(signal.SIGTERM) == 0
            assert SECRET not in str(process.log)
            assert "好的" not in str(process.log)
        assert dify.calls["问"] == 1
