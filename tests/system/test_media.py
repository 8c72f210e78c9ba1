"""Conversions in real processes: what they make, and what they cannot do to us."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support import media
from yingda.clock import SystemClock, VirtualClock
from yingda.errors import MediaTooLarge, MediaUnavailable, MediaUnreadable
from yingda.media.convert import Converter

pytestmark = pytest.mark.realtime

LIMIT_BYTES = 2 << 20
RESULT = (
    "import msgspec, sys; from yingda.media.worker_base import *; from yingda.media.base import *"
)
SLEEPS = "import time; time.sleep(60)"


def scripted(script: str, *, deadline_s: float = 10.0) -> Converter:
    """A converter whose workers do this instead."""
    worker = ("-c", script)
    return Converter(
        SystemClock(), deadline_s=deadline_s, picture_worker=worker, sound_worker=worker
    )


async def test_pictures_and_recordings_are_converted_side_by_side() -> None:
    converter = Converter(SystemClock())
    picture, wav, pieces = await asyncio.gather(
        converter.picture(media.picture("WEBP"), limit_bytes=LIMIT_BYTES, longest_px=100),
        converter.wav(media.amr_wb()),
        converter.mp3_pieces(media.amr(3.0), longest_s=2.0, limit_bytes=LIMIT_BYTES),
    )
    assert picture.content_type == "image/png"
    assert wav.content_type == "audio/wav"
    assert len(pieces) == 2
    assert not converter.is_busy


async def test_a_virtual_clock_stands_still_while_a_worker_runs() -> None:
    clock = VirtualClock()
    converter = Converter(clock, deadline_s=0.001)
    clock.while_busy(lambda: converter.is_busy)
    made = await clock.run(converter.wav(media.amr()))
    assert made.content_type == "audio/wav"
    assert clock.monotonic() == 0.0


async def test_a_refusal_comes_back_with_its_reason() -> None:
    converter = Converter(SystemClock())
    with pytest.raises(MediaUnreadable, match="no known kind"):
        await converter.picture(b"<svg/>", limit_bytes=LIMIT_BYTES, longest_px=100)
    with pytest.raises(MediaTooLarge):
        await converter.mp3_pieces(media.amr(), longest_s=60, limit_bytes=10)


async def test_a_file_over_any_limit_starts_no_process() -> None:
    with pytest.raises(MediaTooLarge):
        await scripted("raise SystemExit(9)").wav(bytes((16 << 20) + 1))


@pytest.mark.parametrize(
    "script",
    [
        "import os; os.kill(os.getpid(), 11)",
        "raise RuntimeError",
        "raise SystemExit(0)",
        "print('neither')",
        f"{RESULT}\nsys.stdout.buffer.write(msgspec.msgpack.encode(Done(())))",
        f"{RESULT}\nwork(msgspec.msgpack.Decoder(WavJob), lambda job: 1 / 0)",
        # Standard output is not closed before the megabytes are through.
        "import sys\nwhile True: sys.stdout.buffer.write(bytes(1 << 20))",
    ],
)
async def test_a_decoder_that_dies_or_babbles_costs_the_file_alone(script: str) -> None:
    converter = scripted(script)
    with pytest.raises(MediaUnreadable):
        await converter.wav(bytes(1 << 20))
    assert not converter.is_busy


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds all of the limits")
@pytest.mark.parametrize(
    ("deed", "error"),
    [
        ("bytes(2 << 30)", MediaTooLarge),
        ("open('/dev/null').close() or [open('/dev/null') for _ in range(99)]", MediaUnreadable),
        ("open(sys.argv[1], 'wb', 0).write(b'1')", MediaUnreadable),
    ],
    ids=["memory", "files", "writing"],
)
async def test_a_worker_has_little_memory_few_files_and_writes_none(
    deed: str, error: type[Exception], tmp_path: Path
) -> None:
    target = tmp_path / "written"
    script = f"{RESULT}\nwork(msgspec.msgpack.Decoder(WavJob), lambda job: ({deed}) and ())"
    worker = ("-c", script, str(target))
    converter = Converter(SystemClock(), sound_worker=worker)
    with pytest.raises(error):
        await converter.wav(b"any")
    assert not target.exists() or not target.read_bytes()


async def test_a_worker_that_never_ends_is_killed_at_the_deadline(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    converter = scripted(
        f"import os; open({str(noted)!r}, 'w').write(str(os.getpid())); {SLEEPS}", deadline_s=1.0
    )
    with pytest.raises(MediaUnreadable, match="within 1"):
        await converter.wav(b"any")
    with pytest.raises(ProcessLookupError):
        os.kill(int(noted.read_text()), 0)


async def test_a_worker_is_killed_when_nobody_waits_any_more(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    converter = scripted(
        f"import os; open({str(noted)!r}, 'w').write(str(os.getpid())); {SLEEPS}", deadline_s=60.0
    )
    work = asyncio.create_task(converter.wav(b"any"))
    async with asyncio.timeout(10):
        while not noted.exists() or not noted.read_text():  # noqa: ASYNC110  not ours to signal
            await asyncio.sleep(0.01)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    with pytest.raises(ProcessLookupError):
        os.kill(int(noted.read_text()), 0)
    assert not converter.is_busy


@pytest.mark.parametrize("told", ["SIGTERM", "SIGINT"])
async def test_a_worker_that_is_told_to_end_with_the_service_is_started_once_more(
    tmp_path: Path, told: str
) -> None:
    mark = tmp_path / "told"
    converter = scripted(
        f"import os, pathlib, signal\nmark = pathlib.Path({str(mark)!r})\n"
        f"if not mark.exists():\n"
        f"    mark.touch(); signal.signal(signal.{told}, signal.SIG_DFL)\n"
        f"    os.kill(os.getpid(), signal.{told})\n"
        f"{RESULT}\nwork(msgspec.msgpack.Decoder(WavJob),"
        " lambda job: (Converted(job.content, 'audio/wav'),))"
    )
    assert (await converter.wav(b"speech")).content == b"speech"
    assert mark.exists()


async def test_where_no_process_can_be_started_no_file_is_called_broken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    converter = Converter(SystemClock())
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(MediaUnavailable, match="FileNotFoundError"):
        await converter.wav(media.amr())
    assert not converter.is_busy


async def test_no_more_than_two_workers_run_at_once(tmp_path: Path) -> None:
    script = (
        f"{RESULT}\nimport os, pathlib, time\n"
        f"mine = pathlib.Path({str(tmp_path)!r}) / str(os.getpid())\nmine.touch()\n"
        f"count = len(list(mine.parent.iterdir()))\ntime.sleep(0.1)\nmine.unlink()\n"
        "made = (Converted(b'1', str(count)),)\n"
        "sys.stdout.buffer.write(msgspec.msgpack.encode(Done(made)))"
    )
    converter = scripted(script)
    made = await asyncio.gather(*[converter.wav(b"any") for _ in range(5)])
    assert {one.content_type for one in made} <= {"1", "2"}


async def test_a_worker_sees_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YINGDA_APP_SECRET", "geheim")
    script = (
        f"{RESULT}\nimport os\nseen = ' '.join(os.environ).encode()\n"
        "sys.stdout.buffer.write(msgspec.msgpack.encode(Done((Converted(seen, 'a'),))))"
    )
    made = await scripted(script).wav(b"any")
    assert b"PATH" in made.content
    assert b"YINGDA" not in made.content


def test_what_serves_imports_no_decoder() -> None:
    script = (
        "import sys, yingda.cli.serve, yingda.app, yingda.media.convert, yingda.media.fetch\n"
        "print([name for name in sys.modules if name.split('.')[0] in {'av', 'PIL'}])"
    )
    ended = subprocess.run(  # noqa: S603  our own words
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "[]"
