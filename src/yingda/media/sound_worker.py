"""A process that reads one recording and writes it as WAV, or as pieces of MP3.

Run as `python -m yingda.media.sound_worker`; nothing else may import this. The kind of the file is
known before FFmpeg sees it, and is the only one it may read: its others can open addresses. Where
to cut, `stillness` knows.
"""

import wave
from collections.abc import Iterator
from fractions import Fraction
from io import BytesIO
from typing import Final

import av
import msgspec
from av.audio import AudioStream
from av.audio.resampler import AudioResampler

from yingda.errors import MediaTooLarge, MediaUnreadable
from yingda.file_kinds import Kind, kind_of
from yingda.media.base import Converted
from yingda.media.stillness import SAMPLE_BYTES, pieces
from yingda.media.worker_base import Mp3Job, WavJob, work

#: What may be read at all, by the names of FFmpeg's demuxers.
_DEMUXERS: Final = {
    Kind.AMR: "amr",
    Kind.AMR_WB: "amr",
    Kind.SPEEX: "ogg",
    Kind.OGG: "ogg",
    Kind.MP3: "mp3",
    Kind.WAV: "wav",
    Kind.AAC: "aac",
}
#: What recognisers work with: Whisper, and the models of most vendors.
_WAV_HZ: Final = 16_000
#: Our choice: speech has little above 12 kHz, and this rate is one of MP3's (ISO 13818-3).
_MP3_HZ: Final = 24_000
#: Bits a second. Our choice: enough for speech at that rate; a minute takes 360 KB.
_MP3_RATE_BPS: Final = 48_000
#: What the format adds at either end: two frames (measured: 1 to 2).
_MP3_PADDING_S: Final = 0.1
#: Bytes of a file's head and its last frame. Our choice, several times what was measured.
_MP3_HEAD_BYTES: Final = 2048
#: Our choice: a recording in WeChat has a minute at the most, an answer read aloud a few.
_LONGEST_S: Final = 600


def convert(job: WavJob | Mp3Job) -> tuple[Converted, ...]:
    """The recording as one file or more. Raises a `MediaError`."""
    if isinstance(job, WavJob):
        return (_wav(_decoded(job.content, _WAV_HZ)),)
    by_size_s = (job.limit_bytes - _MP3_HEAD_BYTES) * 8 / _MP3_RATE_BPS
    longest_s = min(job.longest_s, by_size_s) - _MP3_PADDING_S
    if longest_s <= 0:
        raise MediaTooLarge("no recording fits into such a limit")
    samples = _decoded(job.content, _MP3_HZ)
    return tuple([_mp3(piece) for piece in pieces(samples, _MP3_HZ, longest_s)])


def _decoded(content: bytes, rate_hz: int) -> memoryview:
    """One channel of 16-bit samples."""
    kind = kind_of(content)
    if kind not in _DEMUXERS:
        raise MediaUnreadable(f"no recording that can be read: {kind or 'of no known kind'}")
    samples = bytearray()
    try:
        for chunk in _chunks(content, _DEMUXERS[kind], rate_hz):
            samples += chunk
            if len(samples) > _LONGEST_S * rate_hz * SAMPLE_BYTES:
                raise MediaTooLarge(f"the recording is longer than {_LONGEST_S} s")
    except (av.FFmpegError, ValueError, LookupError) as error:
        # What the library raises of broken files; its texts may quote the content.
        raise MediaUnreadable(f"the {kind} is broken ({type(error).__name__})") from None
    if not samples:
        raise MediaUnreadable(f"the {kind} holds no sound")
    return memoryview(samples)


def _chunks(content: bytes, demuxer: str, rate_hz: int) -> Iterator[bytes]:
    resampler = AudioResampler(format="s16", layout="mono", rate=rate_hz)
    with av.open(BytesIO(content), "r", format=demuxer) as container:
        stream = container.streams.audio[0]
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except (av.InvalidDataError, av.PatchWelcomeError):
                # One broken frame of a recording: the rest can still be understood.
                continue
            for frame in frames:
                yield from _bytes_of(resampler.resample(frame))
        yield from _bytes_of(resampler.resample(None))


def _bytes_of(frames: list[av.AudioFrame]) -> Iterator[bytes]:
    for frame in frames:
        # A plane may be longer than its samples, for alignment.
        yield bytes(frame.planes[0])[: frame.samples * SAMPLE_BYTES]


def _wav(samples: memoryview) -> Converted:
    file = BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(SAMPLE_BYTES)
        written.setframerate(_WAV_HZ)
        written.writeframes(samples)
    return Converted(file.getvalue(), Kind.WAV.value)


def _mp3(samples: memoryview) -> Converted:
    file = BytesIO()
    with av.open(file, "w", format="mp3", options={"id3v2_version": "0"}) as container:
        stream = container.add_stream("libmp3lame", rate=_MP3_HZ)
        assert isinstance(stream, AudioStream)
        stream.layout, stream.bit_rate = "mono", _MP3_RATE_BPS
        container.mux(stream.encode(_frame(samples)))
        container.mux(stream.encode(None))
    return Converted(file.getvalue(), Kind.MP3.value)


def _frame(samples: memoryview) -> av.AudioFrame:
    frame = av.AudioFrame(
        format="s16", layout="mono", samples=len(samples) // SAMPLE_BYTES, align=1
    )
    frame.planes[0].update(bytes(samples))
    frame.sample_rate, frame.pts, frame.time_base = _MP3_HZ, 0, Fraction(1, _MP3_HZ)
    return frame


if __name__ == "__main__":
    jobs: msgspec.msgpack.Decoder[WavJob | Mp3Job] = msgspec.msgpack.Decoder(WavJob | Mp3Job)
    work(jobs, convert)
