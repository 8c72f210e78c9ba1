"""Pictures and recordings for tests, made on the spot.

FFmpeg writes AMR of 8 kHz, but not of 16 kHz: those frames are made by hand (RFC 4867), for any
bits of speech decode to some sound.
"""

import math
import random
import wave
from array import array
from collections.abc import Iterable
from fractions import Fraction
from io import BytesIO

import av
from av.audio import AudioStream
from PIL import Image

#: What a frame of AMR-WB at 23.85 kbit/s has behind its first byte, and how many make a second.
_WB_FRAME_BYTES, _WB_FRAMES_PER_S = 60, 50
_WB_HEADER = 8 << 3 | 4


def picture(
    name: str = "PNG",
    size: tuple[int, int] = (40, 20),
    mode: str = "RGB",
    colour: str | int = "red",
    **options: object,
) -> bytes:
    """A picture of one colour."""
    file = BytesIO()
    Image.new(mode, size, colour).save(file, name, **options)
    return file.getvalue()


def noise(name: str, size: tuple[int, int], **options: object) -> bytes:
    """A picture that nothing makes small."""
    grey = Image.frombytes("L", size, random.Random(size[0]).randbytes(size[0] * size[1]))
    file = BytesIO()
    grey.convert("RGB").save(file, name, **options)
    return file.getvalue()


def tone(
    seconds: float, rate_hz: int = 8000, *, still: Iterable[tuple[float, float]] = ()
) -> bytes:
    """Samples of a tone, which is silent in these spans of seconds."""
    pauses = tuple(still)
    count = int(seconds * rate_hz)
    values = [
        0
        if any(begin <= at / rate_hz < end for begin, end in pauses)
        else int(9000 * math.sin(2 * math.pi * 440 * at / rate_hz))
        for at in range(count)
    ]
    return array("h", values).tobytes()


def wav(samples: bytes, rate_hz: int = 8000) -> bytes:
    """The samples as WAV."""
    file = BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(rate_hz)
        written.writeframes(samples)
    return file.getvalue()


def encoded(samples: bytes, format_name: str, codec: str, rate_hz: int = 8000) -> bytes:
    """The samples as any file that FFmpeg writes."""
    file = BytesIO()
    with av.open(file, "w", format=format_name) as container:
        stream = container.add_stream(codec, rate=rate_hz)
        assert isinstance(stream, AudioStream)
        stream.layout = "mono"
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(samples) // 2, align=1)
        frame.planes[0].update(samples)
        frame.sample_rate, frame.pts, frame.time_base = rate_hz, 0, Fraction(1, rate_hz)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def amr(seconds: float = 1.0) -> bytes:
    """A recording as WeChat's media/get gives it."""
    return encoded(tone(seconds), "amr", "libopencore_amrnb")


def amr_wb(seconds: float = 1.0) -> bytes:
    """A recording as WeChat gives it under MediaId16K."""
    dice = random.Random(0)
    frames = [
        bytes([_WB_HEADER]) + dice.randbytes(_WB_FRAME_BYTES)
        for _ in range(int(seconds * _WB_FRAMES_PER_S))
    ]
    return b"#!AMR-WB\n" + b"".join(frames)


def seconds_of(content: bytes) -> float:
    """How long a recording plays."""
    with av.open(BytesIO(content), "r") as container:
        samples = [(frame.samples, frame.sample_rate) for frame in container.decode(audio=0)]
    return float(sum(count / rate_hz for count, rate_hz in samples))
