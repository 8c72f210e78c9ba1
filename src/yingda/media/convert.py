"""Conversions in short-lived processes of their own, two at once.

Knows how a worker is started, fed, waited for and killed. Refuses to know formats and libraries: a
file that breaks its decoder, fills its memory or never ends costs one process, not the one that
serves. Decoders are not imported here, so they cost nothing at the start either.
"""

import asyncio
import os
import signal
import sys
from typing import Final

import msgspec

from yingda.clock import Clock
from yingda.errors import MediaTooLarge, MediaUnavailable, MediaUnreadable
from yingda.media.base import Converted
from yingda.media.worker_base import Failed, Job, Mp3Job, Outcome, PictureJob, WavJob

PICTURE_WORKER: Final = ("-P", "-m", "yingda.media.picture_worker")
SOUND_WORKER: Final = ("-P", "-m", "yingda.media.sound_worker")
#: At once. Our choice: a worker fills a core, and answers need the others.
_AT_ONCE: Final = 2
#: Our choice: several times what the largest file takes, and WeChat's three windows are 15 s.
DEADLINE_S: Final = 15.0
#: Our choice: the largest file that WeChat or Dify would have given us.
_INPUT_LIMIT_BYTES: Final = 16 << 20
#: Our choice: ten minutes of WAV are 19 MB.
_OUTPUT_LIMIT_BYTES: Final = 32 << 20
#: What a Python may need to start; a key of ours is nothing that a decoder could lose.
_ENVIRONMENT: Final = (
    *("PATH", "HOME", "LANG", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT"),
    *("PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "VIRTUAL_ENV"),
)
#: Ends that say nothing of the file: whoever stops a service tells all of its processes at once
#: (systemd's KillMode, a terminal's Ctrl-C), and what is under way is to be finished.
_TOLD_TO_END: Final = frozenset({-signal.SIGTERM, -signal.SIGINT})
_OUTCOME: Final[msgspec.msgpack.Decoder[Outcome]] = msgspec.msgpack.Decoder(Outcome)


class Converter:
    """Implements `Converting`; safe to use from many tasks of one event loop at once.

    A job waits until another is done, however long that takes; from then on `deadline_s` counts.
    Cancelling kills the worker. `picture_worker` and `sound_worker` are what Python is started
    with.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        deadline_s: float = DEADLINE_S,
        picture_worker: tuple[str, ...] = PICTURE_WORKER,
        sound_worker: tuple[str, ...] = SOUND_WORKER,
    ) -> None:
        self._clock = clock
        self._deadline_s = deadline_s
        self._picture_worker = picture_worker
        self._sound_worker = sound_worker
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._running = 0

    @property
    def is_busy(self) -> bool:
        """Whether a worker runs, where no virtual clock can see it."""
        return self._running > 0

    async def picture(self, content: bytes, *, limit_bytes: int, longest_px: int) -> Converted:
        job = PictureJob(content=content, limit_bytes=limit_bytes, longest_px=longest_px)
        return (await self._done(self._picture_worker, job))[0]

    async def wav(self, content: bytes) -> Converted:
        return (await self._done(self._sound_worker, WavJob(content=content)))[0]

    async def mp3_pieces(
        self, content: bytes, *, longest_s: float, limit_bytes: int
    ) -> tuple[Converted, ...]:
        job = Mp3Job(content=content, longest_s=longest_s, limit_bytes=limit_bytes)
        return await self._done(self._sound_worker, job)

    async def _done(self, worker: tuple[str, ...], job: Job) -> tuple[Converted, ...]:
        if len(job.content) > _INPUT_LIMIT_BYTES:
            raise MediaTooLarge(f"the file has over {_INPUT_LIMIT_BYTES} bytes")
        async with self._places:
            self._running += 1
            try:
                async with self._clock.timeout(self._deadline_s):
                    written = await _written(worker, msgspec.msgpack.encode(job))
            except TimeoutError:
                raise MediaUnreadable(f"not converted within {self._deadline_s} s") from None
            finally:
                self._running -= 1
        return _made(written)


def _made(written: bytes) -> tuple[Converted, ...]:
    try:
        outcome = _OUTCOME.decode(written)
    except msgspec.DecodeError:
        raise MediaUnreadable("the decoder wrote no outcome") from None
    if isinstance(outcome, Failed):
        raise outcome.error()
    if not outcome.made:
        raise MediaUnreadable("the decoder made nothing")
    return outcome.made


async def _written(worker: tuple[str, ...], job: bytes) -> bytes:
    """What a worker writes about the job.

    Raises `MediaUnreadable` when it ends badly, `MediaUnavailable` when none can be started.
    """
    try:
        status, written = await _run(worker, job)
        if status in _TOLD_TO_END:
            status, written = await _run(worker, job)
    except OSError as error:
        # No memory, no processes or no files left: the file may be as good as any.
        raise MediaUnavailable(f"no decoder can be started ({type(error).__name__})") from error
    if status:
        raise MediaUnreadable(f"the decoder ended with status {status}")
    return written


async def _run(worker: tuple[str, ...], job: bytes) -> tuple[int, bytes]:
    """How a worker ends, and what it writes until then."""
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *worker,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
    )
    try:
        written, _ = await asyncio.gather(_read(process), _write(process, job))
        status = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            # Reads what is still in the pipe, without which the wait for its end would not end.
            await process.communicate()
    return status, written


async def _read(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None
    written = bytearray()
    while chunk := await process.stdout.read(1 << 16):
        written += chunk
        if len(written) > _OUTPUT_LIMIT_BYTES:
            raise MediaUnreadable("the decoder wrote too much")
    return bytes(written)


async def _write(process: asyncio.subprocess.Process, job: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(job)
    try:
        await process.stdin.drain()
        process.stdin.close()
        await process.stdin.wait_closed()
    except OSError:
        # It ended before it had read all; its status tells why.
        return
