"""Makes the files that follow answers, and brings them to WeChat.

Knows what WeChat takes, and what it still has of us. Refuses to know who may be sent something.
"""

import hashlib
from collections import OrderedDict
from typing import Protocol

from yingda.clock import Clock
from yingda.delivery.spoken import spoken
from yingda.engine.accounts.accounts import Account
from yingda.engine.inputs.media_base import Media
from yingda.engine.pushing.enclosure_plan import EnclosurePlan
from yingda.errors import MediaUnavailable, MediaUnreadable
from yingda.file_kinds import Kind, kind_of
from yingda.store.enclosure_base import Enclosure, EnclosureKind, KeptFile
from yingda.wechat.api_base import Uploaded
from yingda.wechat.limits import IMAGE_LIMIT_BYTES, VOICE_LIMIT_BYTES, VOICE_LIMIT_S

#: The longer side of a picture that has to be made smaller. Our choice: more than a phone shows.
_LONGEST_PX = 2048
#: What WeChat takes as it is, and the names that it is to have. A GIF goes on moving. Official page
#: on temporary material.
_NAMES = {Kind.JPEG: "picture.jpg", Kind.PNG: "picture.png", Kind.GIF: "picture.gif"}
#: Characters that are read aloud. Our choice: two minutes, which is two messages; who wants more
#: reads the text.
SPOKEN_LIMIT_CHARS = 500
#: Messages that one voice may take. Our choice: as many as such a text needs of a slow speaker.
_PIECES_LIMIT = 3
#: Uploads that are remembered. Our choice: 200 bytes each, and the busiest ones come again soon.
_REMEMBERED = 1000
#: How long before its end a file at WeChat is taken for gone. Our choice: it is yet to be sent.
_MARGIN_S = 300.0


class Uploading(Protocol):
    """Who takes files for one account, as WeChat's client does; raises a `WechatApiError`."""

    async def upload_image(self, content: bytes, filename: str, content_type: str) -> Uploaded:
        """Upload a picture of at most `IMAGE_LIMIT_BYTES`."""

    async def upload_voice(self, content: bytes, filename: str, content_type: str) -> Uploaded:
        """Upload AMR or MP3, within `VOICE_LIMIT_BYTES` and `VOICE_LIMIT_S`."""


class EnclosureFiles:
    """Pictures and recordings as files at WeChat."""

    def __init__(self, plan: EnclosurePlan, media: Media | None, clock: Clock) -> None:
        self._plan = plan
        self._media = media
        self._clock = clock
        #: Account and digest of a picture as it came → the file. An address is no name for a
        #: picture: some hosts sign each anew, others show something new under the old one.
        self._uploaded: OrderedDict[tuple[str, bytes], KeptFile] = OrderedDict()

    def is_kept(self, file: KeptFile) -> bool:
        """Whether WeChat still has it when it is sent now."""
        return self._clock.now() < file.expires_at - _MARGIN_S

    async def made(
        self, account: Account, desk: Uploading, enclosure: Enclosure
    ) -> tuple[KeptFile, ...]:
        """The files that are to be sent, in this order; none when there is nothing to send.

        Raises a `MediaError`, a `ProviderError`, a `WechatApiError`, or StoreError for the token.
        """
        if self._media is None:
            raise MediaUnavailable("there is nothing to fetch and convert with")
        if enclosure.kind is EnclosureKind.PICTURE:
            return (await self._picture(self._media, account, desk, enclosure),)
        return await self._voice(self._media, account, desk, enclosure)

    async def _picture(
        self, media: Media, account: Account, desk: Uploading, enclosure: Enclosure
    ) -> KeptFile:
        content = (await media.fetching_for(enclosure.provider).fetch(enclosure.url)).content
        key = (account.name, hashlib.sha256(content).digest())
        known = self._uploaded.get(key)
        if known is not None and self.is_kept(known):
            self._uploaded.move_to_end(key)
            return known
        content, kind = await _fitting(media, content)
        uploaded = await desk.upload_image(content, _NAMES[kind], kind.value)
        file = self._uploaded[key] = KeptFile(uploaded.media_id, uploaded.expires_at)
        if len(self._uploaded) > _REMEMBERED:
            self._uploaded.popitem(last=False)
        return file

    async def _voice(
        self, media: Media, account: Account, desk: Uploading, enclosure: Enclosure
    ) -> tuple[KeptFile, ...]:
        speaker = self._plan.speaker(account, enclosure.provider)
        text = spoken(enclosure.answer, SPOKEN_LIMIT_CHARS)
        if speaker is None or not text:
            return ()
        recording = await speaker.speak(_with_label(text, account), enclosure.user)
        pieces = await media.converting.mp3_pieces(
            recording.content, longest_s=VOICE_LIMIT_S, limit_bytes=VOICE_LIMIT_BYTES
        )
        files = []
        for piece in pieces[: min(_PIECES_LIMIT, enclosure.messages_left)]:
            made = await desk.upload_voice(piece.content, "answer.mp3", piece.content_type)
            files.append(KeptFile(made.media_id, made.expires_at))
        return tuple(files)


async def _fitting(media: Media, content: bytes) -> tuple[bytes, Kind]:
    """The picture as WeChat takes it."""
    kind = kind_of(content)
    if kind in _NAMES and len(content) <= IMAGE_LIMIT_BYTES:
        return content, kind
    if kind is None or not kind.is_picture:
        # A page that stands in the picture's place, as a rule.
        raise MediaUnreadable("what is there is no picture")
    made = await media.converting.picture(
        content, limit_bytes=IMAGE_LIMIT_BYTES, longest_px=_LONGEST_PX
    )
    return made.content, Kind(made.content_type)


def _with_label(text: str, account: Account) -> str:
    """The text, and that it was generated: a recording too has to say so (GB 45438-2025)."""
    style = account.style
    label = style.texts.say("ai_label").strip(" \n—-（）()【】[]") if style.has_ai_label else ""
    return f"{text}\n{label}" if label else text
