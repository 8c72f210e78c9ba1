"""What travels to a worker and back, and the worker's frame: limits, one job, one outcome, the end.

Knows what a worker may cost. Refuses to know libraries and formats. A decoder that is led astray
has one job, no secrets in its environment, and no right to write a file.
"""

import os
import sys
from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from yingda.errors import MediaError, MediaTooLarge, MediaUnreadable
from yingda.media.base import Converted

if sys.platform != "win32":
    import resource

#: Bytes of memory. Our choice: the largest picture that we take needs 0.5 GB, decoded and copied.
MEMORY_LIMIT_BYTES: Final = 1 << 30
#: Seconds of work. Our choice: ten minutes of MP3 and the largest picture take 3 s (measured).
CPU_LIMIT_S: Final = 10
#: Open files. Our choice: Python, a library, three pipes.
_FILES_LIMIT: Final = 64
#: Our choice: whoever waits for an answer goes before whoever waits for a picture.
_NICENESS: Final = 5


class PictureJob(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """A picture to be brought into both limits."""

    content: bytes
    limit_bytes: int
    longest_px: int


class WavJob(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """A recording for a recogniser."""

    content: bytes


class Mp3Job(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """A recording in pieces within both limits."""

    content: bytes
    longest_s: float
    limit_bytes: int


class Done(msgspec.Struct, frozen=True, tag=True):
    """The files that were made; never none."""

    made: tuple[Converted, ...]


class Failed(msgspec.Struct, frozen=True, tag=True):
    """Why there is no file."""

    reason: str
    is_too_large: bool

    def error(self) -> MediaError:
        """The same as an error."""
        return (MediaTooLarge if self.is_too_large else MediaUnreadable)(self.reason)


Job = PictureJob | WavJob | Mp3Job
Outcome = Done | Failed
J = TypeVar("J", bound=Job)


def work(jobs: msgspec.msgpack.Decoder[J], convert: Callable[[J], tuple[Converted, ...]]) -> None:
    """Do the one job that stands on standard input, and write its outcome to standard output.

    What nobody foresaw ends the process, and its status tells.
    """
    _limit_this_process()
    job = jobs.decode(sys.stdin.buffer.read())
    outcome: Outcome
    try:
        outcome = Done(convert(job))
    except MediaError as error:
        outcome = Failed(error.detail, isinstance(error, MediaTooLarge))
    except MemoryError:
        outcome = Failed("the file needs too much memory to be read", is_too_large=True)
    sys.stdout.buffer.write(msgspec.msgpack.encode(outcome))


def _limit_this_process() -> None:
    """Windows has none of these limits: there the deadline of whoever waits is the only one."""
    if sys.platform == "win32":
        return
    os.nice(_NICENESS)
    for limited, most in (
        (resource.RLIMIT_AS, MEMORY_LIMIT_BYTES),
        (resource.RLIMIT_CPU, CPU_LIMIT_S),
        (resource.RLIMIT_NOFILE, _FILES_LIMIT),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(limited)[1]
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limited, (allowed, allowed))
