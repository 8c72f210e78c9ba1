"""Where a recording is cut: where nobody speaks, if there is such a place. Pure.

Knows 16-bit samples of one channel. Refuses to know files and codecs.
"""

from collections.abc import Iterator
from typing import Final

#: Of one sample.
SAMPLE_BYTES: Final = 2
#: Our choice: as long as a short vowel.
_BLOCK_S: Final = 0.02
#: How many of those a pause has. Our choice: 0.2 s is a breath between two sentences.
_PAUSE_BLOCKS: Final = 10
#: The part of a piece in which its end is looked for. Our choice: no piece is much shorter than
#: it has to be.
_SEARCHED: Final = 0.25
#: Every so manieth sample is looked at. Our choice: loudness shows in few of them.
_STRIDE: Final = 8
#: The least of a piece's length that the last one has. Our choice: nobody wants to tap on a word.
_LAST: Final = 0.1


def pieces(samples: memoryview, rate_hz: int, longest_s: float) -> Iterator[memoryview]:
    """The samples in order, in pieces of at most `longest_s`, none of them empty."""
    longest = max(1, int(longest_s * rate_hz)) * SAMPLE_BYTES
    last = int(_LAST * longest_s * rate_hz) * SAMPLE_BYTES
    rest = samples
    while len(rest) > longest:
        end = _end(rest[: min(longest, len(rest) - last)], rate_hz)
        yield rest[:end]
        rest = rest[end:]
    yield rest


def _end(samples: memoryview, rate_hz: int) -> int:
    """Bytes until the middle of the stillest moment in the last part of these samples."""
    block = max(1, int(_BLOCK_S * rate_hz))
    values = samples.cast("h")
    first = int(len(values) * (1 - _SEARCHED))
    starts = range(first, len(values) - block + 1, block)
    loudness = [sum(map(abs, values[at : at + block : _STRIDE])) for at in starts]
    if len(loudness) < _PAUSE_BLOCKS:
        return len(samples)
    pauses = range(len(loudness) - _PAUSE_BLOCKS + 1)
    # Of equally still moments the last.
    stillest = min(reversed(pauses), key=lambda at: sum(loudness[at : at + _PAUSE_BLOCKS]))
    return (starts[stillest] + block * _PAUSE_BLOCKS // 2) * SAMPLE_BYTES
