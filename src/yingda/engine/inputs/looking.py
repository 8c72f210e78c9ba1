"""Gives a prompt the pictures that its question is about, fetched and in a form providers take.

A provider that keeps no conversation gets the conversation's newest pictures again for a while, so
that "and what is that on the left?" works. Refuses to know how files are fetched and converted.
"""

import asyncio
from collections.abc import Mapping

import msgspec
import structlog

from yingda.engine.inputs.downloads import Downloads
from yingda.engine.inputs.media_base import Media
from yingda.engine.running_turn import RunningTurn
from yingda.errors import MediaError, PictureUnusable
from yingda.file_kinds import Kind, kind_of
from yingda.providers.base import Picture, Prompt, Provider
from yingda.providers.capabilities import Capabilities, Memory
from yingda.store.base import Store
from yingda.turn.model import Attachment, AttachmentKind, Form

_GONE_MEND = "Nothing: WeChat keeps it for three days."
_FETCH_MEND = (
    "If many fail, see whether this machine reaches WeChat; one picture may just be broken."
)

_log = structlog.get_logger()

#: What the seam of providers takes as it is.
_TAKEN = frozenset({Kind.JPEG, Kind.PNG, Kind.GIF, Kind.WEBP})
#: Bytes and pixels over which a picture is made smaller. Our choice: Dify takes 10 MB, but models
#: behind an API get it in base64, a third longer, and scale longer sides down to some 2000 pixels
#: by themselves.
PICTURE_LIMIT_BYTES = 5 << 20
LONGEST_PX = 2048
#: How many turns later a picture still goes along. Our choice: every picture costs as much as a
#: page of text, each time.
FOLLOW_UP_TURNS = 3


class Looking:
    """Looks, for one run after the other."""

    def __init__(
        self,
        *,
        store: Store,
        providers: Mapping[str, Provider],
        downloads: Downloads,
        media: Media | None,
    ) -> None:
        self._store = store
        self._providers = providers
        self._downloads = downloads
        self._media = media

    def able(self, running: RunningTurn, names: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the providers that look at pictures, if the question has any.

        Raises `PictureUnusable` where none does. One that is missing stays, for its own failure.
        """
        if not pictures_of(running):
            return names
        found = tuple(name for name in names if self._takes_pictures(name))
        if not found:
            raise PictureUnusable(
                "the provider takes no pictures",
                mend='choose a model that does, or set `pictures = "off"`',
            )
        return found

    def _takes_pictures(self, name: str) -> bool:
        provider = self._providers.get(name)
        return provider is None or provider.capabilities.takes_pictures

    async def completed(
        self, prompt: Prompt, running: RunningTurn, capabilities: Capabilities
    ) -> Prompt:
        """The prompt with its pictures. Raises `PictureUnusable`.

        The pictures are fetched once in a run, however many providers are asked.
        """
        own = pictures_of(running)
        if running.claim.turn.form is Form.PICTURE and not own:
            raise PictureUnusable("the picture is older than WeChat keeps it", mend=_GONE_MEND)
        if own:
            if running.pictures is None:
                running.pictures = await self._fetched(running.claim.turn.account, own)
            return msgspec.structs.replace(prompt, pictures=running.pictures)
        if capabilities.takes_pictures and capabilities.memory is Memory.HERE:
            return msgspec.structs.replace(prompt, pictures=await self._recent(running))
        return prompt

    async def _recent(self, running: RunningTurn) -> tuple[Picture, ...]:
        if running.pictures is None:
            running.pictures = ()
            recent = await self._store.recent_pictures(running.turn_id, turns=FOLLOW_UP_TURNS)
            try:
                running.pictures = await self._fetched(running.claim.turn.account, recent)
            except PictureUnusable as error:
                # The question is not about it alone, perhaps not at all.
                _log.info("earlier_picture_gone", turn=running.turn_id, detail=error.detail)
        return running.pictures

    async def _fetched(
        self, account: str, attachments: tuple[Attachment, ...]
    ) -> tuple[Picture, ...]:
        tasks = [asyncio.ensure_future(self._picture(account, each)) for each in attachments]
        try:
            return tuple(await asyncio.gather(*tasks))
        except MediaError as error:
            raise PictureUnusable(error.detail, mend=_FETCH_MEND) from error
        finally:
            # One that cannot be had makes the others useless: nobody waits for them any more.
            for task in tasks:
                task.cancel()

    async def _picture(self, account: str, attachment: Attachment) -> Picture:
        """By its address, which every account may read; else from WeChat.

        What stands at an address may be a page that says why the picture is not there.
        """
        if self._media is None:
            raise PictureUnusable("nothing is there to fetch pictures with")
        if attachment.url:
            try:
                fetched = await self._media.fetching.fetch(attachment.url)
                return await _fitting(self._media, fetched.content)
            except MediaError:
                if not attachment.media_id or not self._downloads.may(account):
                    raise
        content = await self._downloads.content(account, attachment.media_id)
        return await _fitting(self._media, content)


async def _fitting(media: Media, content: bytes) -> Picture:
    """The picture as providers take it."""
    kind = kind_of(content)
    if kind in _TAKEN and len(content) <= PICTURE_LIMIT_BYTES:
        return Picture(content=content, content_type=kind.value)
    made = await media.converting.picture(
        content, limit_bytes=PICTURE_LIMIT_BYTES, longest_px=LONGEST_PX
    )
    return Picture(content=made.content, content_type=made.content_type)


def pictures_of(running: RunningTurn) -> tuple[Attachment, ...]:
    """The pictures that came with the question."""
    return tuple(each for each in running.claim.attachments if each.kind is AttachmentKind.PICTURE)
