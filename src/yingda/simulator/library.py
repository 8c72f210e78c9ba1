"""The files of one account: those that followers send, and those that its server uploads.

Knows kinds, sizes and how long a file lives (official pages). Refuses to know who may ask
for one, and how it travels.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import msgspec

from yingda.clock import Clock
from yingda.simulator.recordings import length_s

_MEDIA_LIFE_S: Final = 3 * 86_400.0
_LIMITS_BYTES: Final[Mapping[str, int]] = {"image": 10 << 20, "voice": 2 << 20}
_IMAGE_TYPES: Final = frozenset({"image/jpeg", "image/jpg", "image/png", "image/gif"})
_VOICE_LIMIT_S: Final = 60.0
#: What WeChat's own pictures begin with; nothing is fetched from there.
_PICTURE_BASE: Final = "http://mmbiz.qpic.cn/simulator"

NO_SUCH_KIND: Final = 40004
WRONG_TYPE: Final = 40005
NO_FILE: Final = 41005
EMPTY: Final = 44001
TOO_LARGE: Final = 45001
TOO_LONG: Final = 45007


class UploadedFile(msgspec.Struct, frozen=True):
    """A multipart field with a file."""

    filename: str
    content_type: str
    content: bytes


class MediaFile(msgspec.Struct, frozen=True):
    """A file as the platform keeps it."""

    #: `image`, `voice` or `video`.
    kind: str
    content: bytes
    content_type: str
    #: The platform's monotonic seconds.
    until_s: float


class Library:
    """Keeps files by media_id. `picture_base` is where the platform's PicUrls lead."""

    def __init__(self, clock: Clock, picture_base: str = _PICTURE_BASE) -> None:
        self.picture_base = picture_base
        self._clock = clock
        self._files: dict[str, MediaFile] = {}

    def upload(self, kind: str | None, file: UploadedFile | None) -> str | int:
        """The media_id of a file that the account's server brings, or the code that refuses it."""
        if kind is None or kind not in _LIMITS_BYTES:
            return NO_SUCH_KIND
        if file is None:
            return NO_FILE
        refusal = _refusal(kind, file)
        return refusal or self.put(kind, file.content, file.content_type)

    def put(self, kind: str, content: bytes, content_type: str) -> str:
        """Keep a file that is well as it is, and say its media_id."""
        media_id = f"media-{len(self._files) + 1}"
        until_s = self._clock.monotonic() + _MEDIA_LIFE_S
        self._files[media_id] = MediaFile(kind, content, content_type, until_s)
        return media_id

    def find(self, media_id: str) -> MediaFile | None:
        """The file, None when there is none or its days are over."""
        file = self._files.get(media_id)
        return file if file is not None and self._clock.monotonic() < file.until_s else None

    def picture_url(self, media_id: str) -> str:
        """The PicUrl of a picture that a follower sent."""
        return f"{self.picture_base}/{media_id}/0"

    def picture_at(self, url: str) -> MediaFile | None:
        """The picture with this PicUrl, by whatever host it is asked for."""
        *_, media_id, size = ["", *urlsplit(url).path.split("/")]
        file = self._files.get(media_id) if size == "0" else None
        return file if file is not None and file.kind == "image" else None


def _refusal(kind: str, file: UploadedFile) -> int:
    if not file.content:
        return EMPTY
    if kind == "image":
        is_well, is_long = file.content_type in _IMAGE_TYPES, False
    else:
        seconds = length_s(file.content)
        is_well, is_long = seconds is not None, (seconds or 0.0) > _VOICE_LIMIT_S
    if not is_well:
        return WRONG_TYPE
    if len(file.content) > _LIMITS_BYTES[kind]:
        return TOO_LARGE
    return TOO_LONG if is_long else 0
