"""`yingda migrate` as an operator runs it: from the file of a server to the server that follows."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from support.moving import in_postgres, in_sqlite
from support.postgres import server
from support.process import Process, phone_at, serving

pytestmark = pytest.mark.realtime


async def migrate(process: Process, *arguments: str) -> tuple[int, str]:
    """Its exit status and all that it said, with the settings of that server."""
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "yingda", "migrate", *arguments),
        env={"PATH": "", "LANG": "zh_CN.UTF-8", "PYTHONUTF8": "1", **process._variables},
        cwd=process._folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await running.communicate()
    assert running.returncode is not None
    return running.returncode, out.decode()


def address() -> str:
    """A new database's, with a password that nobody asks for."""
    return server().url(server().empty()).replace("postgres@", "postgres:hush-hush@")


async def test_a_server_s_data_is_moved_and_served_from_postgresql(tmp_path: Path) -> None:
    url = address()
    async with serving(tmp_path) as (process, first):
        async with phone_at(first) as phone:
            assert "你好" in (await phone.say("你好")).text
            status, said = await migrate(process, "--to", url)
            assert (status, "停下" in said) == (78, True)
            # It is cut in the middle of an answer, as hobbyists do.
            asking = asyncio.create_task(phone.say("慢 6"))
            await asyncio.sleep(1.0)
            await process.end(signal.SIGKILL)
            await asking
        status, said = await migrate(process, "--to", url)
        assert status == 0, said
        assert "database_url" in said
        assert "hush-hush" not in said
    async with (
        serving(tmp_path, YINGDA_DATABASE_URL=url) as (process, second),
        phone_at(second) as phone,
    ):
        # The question that was cut off is asked again.
        assert "慢 6" in (await phone.say("1")).text
        status, said = await migrate(process, "--from", "sqlite:data/yingda.sqlite3", "--to", url)
        assert (status, "停下" in said) == (78, True)
        assert await process.end(signal.SIGTERM) == 0
    back = tmp_path / "back.sqlite3"
    status, said = await migrate(process, "--to", f"sqlite:{back}")
    assert status == 0, said
    assert in_sqlite(back) == in_postgres(url)


async def test_both_ends_can_be_named_without_any_setting(tmp_path: Path) -> None:
    process = Process(tmp_path, {})
    process._variables = {"DATABASE": address()}
    status, said = await migrate(process, "--from", "sqlite:no.sqlite3", "--to", "env:DATABASE")
    assert (status, "no.sqlite3" in said, "hush-hush" in said) == (78, True, False)
    status, said = await migrate(process, "--from", "no.sqlite3", "--to", "env:DATABASE")
    assert (status, "--from" in said) == (78, True)
    status, said = await migrate(process, "--to", "env:DATABASE")
    assert (status, "WECHAT_TOKEN" in said) == (78, True)
    status, said = await migrate(process)
    assert (status, "--to" in said) == (2, True)
