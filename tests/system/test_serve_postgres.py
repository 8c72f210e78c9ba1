"""The real process on a real PostgreSQL, with nothing said but its address."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import psycopg
import pytest

from support.postgres import OwnServer, server
from support.process import Process, phone_at, serving

pytestmark = pytest.mark.realtime

_CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


def address() -> str:
    """A new database's, with a password that nobody asks for."""
    return server().url(server().empty()).replace("postgres@", "postgres:hush-hush@")


async def test_a_question_is_answered_and_one_cut_by_kill_9_is_run_again(tmp_path: Path) -> None:
    url = address()
    async with serving(tmp_path, YINGDA_DATABASE_URL=url) as (process, first):
        async with phone_at(first) as phone:
            assert "你好" in (await phone.say("你好")).text
            asking = asyncio.create_task(phone.say("慢 6"))
            await asyncio.sleep(1.0)
            await process.end(signal.SIGKILL)
            await asking
        async with phone_at(await process.start()) as phone:
            seen = await phone.say("1")
            assert "慢 6" in seen.text
        assert await process.end(signal.SIGTERM) == 0
        events = [entry["event"] for entry in process.log]
        assert (events.count("turn_resumed"), events.count("store_migrating")) == (1, 1)
        assert "hush-hush" not in str(process.log)
        assert not (tmp_path / "data").exists()
    sums = json.loads(await said("usage", "--json", "--by", "account", url=url))
    assert sum(each["turns"] for each in sums["rows"]) == 2


async def test_a_stop_that_is_asked_for_while_it_starts_is_in_order_too(tmp_path: Path) -> None:
    async with serving(tmp_path, YINGDA_DATABASE_URL=address()) as (process, _):
        # It has said that it serves, and has yet to take over what others left.
        assert await process.end(signal.SIGTERM) == 0
        assert [entry["event"] for entry in process.log][-1] == "draining"


async def test_a_database_that_is_away_is_waited_for(tmp_path: Path) -> None:
    own = OwnServer(has_network=True)
    try:
        own.stop()
        process = Process(tmp_path, {"YINGDA_DATABASE_URL": own.url})
        starting = asyncio.create_task(process.start())
        await until_awaited(process)
        own.start()
        async with phone_at(await starting) as phone:
            assert "你好" in (await phone.say("你好")).text
        assert await process.end(signal.SIGTERM) == 0
    finally:
        own.remove()


async def test_a_stop_is_heard_while_the_database_is_away(tmp_path: Path) -> None:
    url = "postgresql://postgres@127.0.0.1:1/yingda"
    process = Process(tmp_path, {"YINGDA_DATABASE_URL": url})
    starting = asyncio.create_task(process.start(verb="worker"))
    await until_awaited(process)
    assert await process.end(signal.SIGTERM) == 0
    with pytest.raises(RuntimeError):
        await starting


@pytest.mark.parametrize("verb", ["serve", "worker"])
async def test_a_database_that_is_gone_keeps_no_process_from_its_end(
    tmp_path: Path, verb: str
) -> None:
    own = OwnServer(has_network=True)
    try:
        process = Process(tmp_path, {"YINGDA_DATABASE_URL": own.url, "YINGDA_DRAIN_S": "1"})
        await process.start(verb=verb)
        await asyncio.to_thread(own.stop, signal.SIGQUIT)
        async with asyncio.timeout(60):
            assert await process.end(signal.SIGTERM) == 0
    finally:
        own.remove()


async def test_however_often_its_connections_are_cut_it_keeps_all_its_places(
    tmp_path: Path,
) -> None:
    own = OwnServer(has_network=True)
    try:
        settings = {"YINGDA_DATABASE_URL": own.url, "YINGDA_DATABASE_CONNECTIONS": "2"}
        async with serving(tmp_path, **settings) as (process, first), phone_at(first) as phone:
            for number in range(4):
                with psycopg.connect(own.url, autocommit=True) as other:
                    other.execute(_CUT)
                seen = await phone.say(f"第 {number} 问")
                assert (f"第 {number} 问" in seen.text, len(seen.attempts)) == (True, 1)
            assert await process.end(signal.SIGTERM) == 0
    finally:
        own.remove()


async def until_awaited(process: Process) -> None:
    """Until it has said that it waits for its database."""
    async with asyncio.timeout(30):
        while "database_awaited" not in [entry["event"] for entry in process.log]:  # noqa: ASYNC110 another process says it
            await asyncio.sleep(0.1)


async def said(*arguments: str, url: str) -> str:
    """What a verb prints."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("YINGDA_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "yingda", *arguments),
        env={
            **bare,
            "YINGDA_WECHAT_TOKEN": "gatewaytoken",
            "YINGDA_PROVIDER": "echo",
            "YINGDA_DATABASE_URL": url,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    return out.decode()
