"""A disk that takes no more bytes, under a real process: politeness meanwhile, no loss after.

Twice: a small disk of its own that is really full, where the system lets an ordinary user mount
one, and a limit on the size of files, which works everywhere.
"""

import asyncio
import contextlib
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import aiohttp
import pytest

from support.process import Process, phone_at, serving
from yingda.clock import SystemClock
from yingda.simulator.dify_script import DifyScript
from yingda.simulator.dify_server import DifyServer
from yingda.texts import Texts

pytestmark = pytest.mark.realtime

KEY = "app-0123456789abcdefghijklmn"
REFUSED = Texts().say("failed_internal", retry=Texts().say("retry_label"))
#: Mounts a small disk in a namespace of its own, and goes on as Python there.
_WRAPPER = """#!/bin/sh
exec unshare --user --map-root-user --mount sh -c \
    'mount -t tmpfs -o size=2m tmpfs "$0" && exec "$@"' '{data}' '{python}' "$@"
"""


def pid_of(process: Process) -> int:
    assert process._process is not None
    return process._process.pid


@contextlib.contextmanager
def limited(process: Process, _data: Path) -> Iterator[None]:
    """No file of this process takes another byte."""
    soft, hard = resource.prlimit(pid_of(process), resource.RLIMIT_FSIZE)
    resource.prlimit(pid_of(process), resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.prlimit(pid_of(process), resource.RLIMIT_FSIZE, (soft, hard))


@contextlib.contextmanager
def filled(process: Process, data: Path) -> Iterator[None]:
    """Something else has taken all the room there was."""
    # Only the process itself sees its disk; this is the way there.
    ballast = Path(f"/proc/{pid_of(process)}/root{data}/ballast")
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    try:
        yield
    finally:
        ballast.unlink()


def can_mount() -> bool:
    """Whether an ordinary user may mount a disk here, in a namespace of his own."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    command = [unshare, "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "x", "/mnt"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0  # noqa: S603 - our own words


def on_a_disk_of_its_own(folder: Path) -> str:
    """A program that is Python, with a small disk mounted for the data."""
    data = folder / "data"
    data.mkdir()
    wrapper = folder / "python"
    wrapper.write_text(_WRAPPER.format(data=data, python=sys.executable), encoding="utf-8")
    wrapper.chmod(0o755)
    return str(wrapper)


async def status_of(address: str, path: str) -> int:
    async with aiohttp.ClientSession() as client, client.get(address + path) as answer:
        return answer.status


@pytest.mark.parametrize(
    ("full_disk", "mend"),
    [
        pytest.param(
            filled,
            "free some space",
            marks=pytest.mark.skipif(not can_mount(), reason="no disk can be mounted here"),
        ),
        (limited, "check the disk"),
    ],
)
async def test_a_full_disk_is_told_politely_and_loses_nothing_that_was_accepted(
    full_disk: Callable[[Process, Path], AbstractContextManager[None]],
    mend: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if full_disk is filled:
        monkeypatch.setattr(sys, "executable", on_a_disk_of_its_own(tmp_path))
    async with DifyServer(SystemClock(), api_key=KEY) as dify:
        dify.on("先问的", DifyScript(text="先问的回答。", first_s=0.5, gap_s=0.1))
        dify.on("后问的", DifyScript(text="后问的回答。"))
        variables = {
            "YINGDA_PROVIDER": "dify",
            "YINGDA_DIFY_API_KEY": KEY,
            "YINGDA_DIFY_BASE_URL": dify.base_url,
        }
        async with (
            serving(tmp_path, **variables) as (process, address),
            phone_at(address) as early,
            phone_at(address, "o_late") as late,
        ):
            asking = asyncio.create_task(early.say("先问的"))
            while not dify.calls["先问的"]:  # noqa: ASYNC110 - another process asks
                await asyncio.sleep(0.05)
            with full_disk(process, tmp_path / "data"):
                refused = await late.say("后问的")
                assert refused.text == REFUSED
                assert len(refused.attempts) == 1
                assert await status_of(address, "/readyz") == 503
                assert await status_of(address, "/healthz") == 200
                # The first answer ends now, and finds no place.
                await asyncio.sleep(1.5)
                assert not asking.done()
            assert "先问的回答。" in (await asking).text
            assert "后问的回答。" in (await late.say("后问的")).text
            assert await status_of(address, "/readyz") == 200
        assert dify.calls["先问的"] == dify.calls["后问的"] == 1
    told = [str(entry.get("reason")) for entry in process.log if entry["event"] == "store_refused"]
    assert told
    assert all(mend in reason for reason in told)
    assert "先问的" not in str(process.log)
