"""`yingda doctor` as an operator runs it, beside a real server."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from support.process import Process, serving

pytestmark = pytest.mark.realtime


async def run_doctor(process: Process, *arguments: str) -> tuple[int, str]:
    """Its exit status and what it printed, with the settings of that server."""
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "yingda", "doctor", *arguments),
        env={"PATH": "", "LANG": "zh_CN.UTF-8", "PYTHONUTF8": "1", **process._variables},
        cwd=process._folder,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await running.communicate()
    assert running.returncode is not None
    return running.returncode, out.decode()


def by_code(printed: str) -> dict[str, Any]:
    return {each["code"]: each for each in json.loads(printed)["findings"]}


async def test_a_running_server_passes_in_safe_mode_and_is_left_running(tmp_path: Path) -> None:
    async with serving(tmp_path) as (process, address):
        status, printed = await run_doctor(process, "--json", "--no-hold", "--url", address)
        found = by_code(printed)
        assert status == 0
        assert {"store_held", "store_ok", "echo_ok", "forged_ok", "push_ok"} <= set(found)
        assert "(safe)" in found["push_ok"]["said"]["en"]
        again, shown = await run_doctor(process, "--no-hold", "--url", address)
        assert again == 0
        assert "  ✓ default · 接入验证通过" in shown.splitlines()


async def test_another_key_and_a_wrong_account_in_the_settings_are_found(tmp_path: Path) -> None:
    async with serving(tmp_path) as (process, address):
        process._variables["YINGDA_WECHAT_ENCODING_AES_KEY"] = "B" * 20 + "a1" * 11 + "9"
        status, printed = await run_doctor(process, "--json", "--no-hold", "--url", address)
        assert status == 1
        assert "answer_refused" in by_code(printed)
        stripped = f"{address}/elsewhere"
        status, printed = await run_doctor(process, "--json", "--no-hold", "--url", stripped)
        assert (status, "answer_path" in by_code(printed)) == (1, True)


async def test_settings_that_cannot_be_read_end_with_status_78(tmp_path: Path) -> None:
    process = Process(tmp_path, {"YINGDA_WECHAT_TOKEN": "!"})
    status, printed = await run_doctor(process, "--json")
    assert status == 78
    assert by_code(printed)["settings_problem"]["subject"] == "YINGDA_WECHAT_TOKEN"
