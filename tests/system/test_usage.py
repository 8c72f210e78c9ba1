"""`yingda usage` as an operator runs it, on the database of a running server."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from support.process import Process, phone_at, serving
from yingda.clock import SystemClock
from yingda.simulator.dify_server import DifyServer

pytestmark = pytest.mark.realtime

KEY = "app-0123456789abcdefghijklmn"


async def run_usage(process: Process, *arguments: str) -> tuple[int, str]:
    """Its exit status and what it printed, with the settings of that server."""
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "yingda", "usage", *arguments),
        env={"PATH": "", "LANG": "zh_CN.UTF-8", "PYTHONUTF8": "1", **process._variables},
        cwd=process._folder,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await running.communicate()
    assert running.returncode is not None
    return running.returncode, out.decode()


async def test_what_a_running_server_spent_is_told_beside_it(tmp_path: Path) -> None:
    async with DifyServer(SystemClock(), api_key=KEY) as dify:
        variables = {
            "YINGDA_PROVIDER": "dify",
            "YINGDA_DIFY_API_KEY": dify.api_key,
            "YINGDA_DIFY_BASE_URL": dify.base_url,
            "YINGDA_MONTHLY_BUDGET": "0.01",
            "YINGDA_BUDGET_CURRENCY": "usd",
        }
        async with (
            serving(tmp_path, **variables) as (process, address),
            phone_at(address) as phone,
        ):
            await phone.say("天空为什么蓝？")
            status, printed = await run_usage(process, "--by", "provider", "--json")
            (row,) = json.loads(printed)["rows"]
            assert (status, row["provider"], row["turns"]) == (0, "dify", 1)
            assert row["prices"] == {"USD": "0.0012"}
            status, shown = await run_usage(process, "--by", "follower")
            assert "粉丝" in shown
            assert "o_follower" not in shown
            assert "天空" not in shown
            # The server goes on as if nobody had looked.
            assert "天空" not in (await phone.say("/status")).text


async def test_without_a_database_it_says_what_to_do(tmp_path: Path) -> None:
    status, said = await run_usage(Process(tmp_path, {}))
    assert status == 78
    assert "yingda serve" in said
