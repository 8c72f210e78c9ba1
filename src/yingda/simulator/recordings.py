"""How long a recording plays, of the two kinds that WeChat takes: AMR of 8 kHz, and MP3.

Counts frames and decodes none. Sources: RFC 4867 (AMR), ISO 11172-3 and 13818-3 (MP3).
"""

from typing import Final

_AMR_HEAD: Final = b"#!AMR\n"
#: Bytes of a frame behind its first byte, by the type that this byte names; 15 holds no speech.
_AMR_FRAME_BYTES: Final = {0: 12, 1: 13, 2: 15, 3: 17, 4: 19, 5: 20, 6: 26, 7: 31, 8: 5, 15: 0}
_AMR_FRAME_S: Final = 0.02

#: Layer 3, in 1000 bits a second: MPEG-1, and its halves for lower rates.
_RATES_1: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_RATES_2: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_SAMPLING_HZ: Final = {
    3: (44_100, 48_000, 32_000),
    2: (22_050, 24_000, 16_000),
    0: (11_025, 12_000, 8_000),
}
_ID3_HEAD_BYTES: Final = 10


def length_s(content: bytes) -> float | None:
    """Seconds that the recording plays, None when it is neither AMR nor MP3."""
    if content.startswith(_AMR_HEAD):
        return _amr_s(content)
    return _mp3_s(content)


def _amr_s(content: bytes) -> float | None:
    at, count = len(_AMR_HEAD), 0
    while at < len(content):
        size = _AMR_FRAME_BYTES.get(content[at] >> 3 & 15)
        if size is None:
            return None
        at, count = at + 1 + size, count + 1
    return count * _AMR_FRAME_S


def _mp3_s(content: bytes) -> float | None:
    at, seconds = _behind_id3(content), 0.0
    while at + 4 <= len(content):
        frame = _mp3_frame(content[at : at + 4])
        if frame is None:
            break
        at, seconds = at + frame[0], seconds + frame[1]
    return seconds or None


def _behind_id3(content: bytes) -> int:
    if not content.startswith(b"ID3") or len(content) < _ID3_HEAD_BYTES:
        return 0
    size = 0
    for byte in content[6:10]:
        size = size << 7 | byte & 0x7F
    return _ID3_HEAD_BYTES + size


def _mp3_frame(head: bytes) -> tuple[int, float] | None:
    """Bytes and seconds of the frame that begins so."""
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    rate, sampling = head[2] >> 4, head[2] >> 2 & 3
    is_frame = head[0] == 0xFF and head[1] >> 5 == 7 and version != 1 and layer == 1
    if not is_frame or rate in {0, 15} or sampling == 3:
        return None
    samples, rates = (1152, _RATES_1) if version == 3 else (576, _RATES_2)
    rate_hz = _SAMPLING_HZ[version][sampling]
    size = samples // 8 * rates[rate] * 1000 // rate_hz + (head[2] >> 1 & 1)
    return size, samples / rate_hz
