"""A question's pictures on their way into a Dify run: uploaded first, then named in it.

Knows the upload and what its refusals mean; which way an app takes pictures, `dify_features`
reads. Source: Dify service API, "Files and audio".
"""

import asyncio
from typing import Final

import msgspec

from yingda.clock import Clock
from yingda.errors import PictureUnusable, ProviderError, ProviderTimeout, ProviderUnavailable
from yingda.file_kinds import Kind
from yingda.providers.base import Picture, Prompt
from yingda.providers.dify_api import DifyApi
from yingda.providers.dify_features import NOTHING_ATTACHED, Attached, PictureWay, picture_way
from yingda.providers.dify_settings import DifySettings
from yingda.providers.failures import Failure, RunFailed, retry_delay_s
from yingda.providers.forms import FileForm
from yingda.providers.payloads import UNREADABLE

#: Uploads of one question at once. Our choice: four pictures are a screen of them.
_AT_ONCE: Final = 4
#: Our choice: how long an app's settings are taken for what they were; its owner may change them.
_KNOWN_FOR_S: Final = 300.0
#: Content type → the ending that Dify tells pictures by.
_ENDINGS: Final = {kind.value: kind.ending for kind in (Kind.JPEG, Kind.PNG, Kind.GIF, Kind.WEBP)}
#: Refusals that another picture would not meet.
_UNUSABLE: Final = frozenset(
    {
        "file_too_large",
        "filename_not_exists_error",
        "invalid_param",
        "no_file_uploaded",
        "too_many_files",
        "unsupported_file_type",
    }
)
_TOO_LARGE: Final = (
    "Raise UPLOAD_IMAGE_FILE_SIZE_LIMIT of Dify, and the body size that the proxy in front of it "
    "lets through."
)
_REFUSED: Final = "Look at the kinds of files that Dify is set up to refuse."


class _Uploaded(msgspec.Struct, frozen=True):
    id: str


_UPLOADED: Final = msgspec.json.Decoder(_Uploaded)


class DifyPictures:
    """Brings pictures to one app."""

    def __init__(self, api: DifyApi, settings: DifySettings, clock: Clock) -> None:
        self._api = api
        self._settings = settings
        self._clock = clock
        self._parameters = b""
        self._ask_from_s = clock.monotonic()

    async def attach(self, prompt: Prompt) -> Attached:
        """Upload the prompt's pictures; where the app takes fewer, the newest of them.

        Raises PictureUnusable when the app takes none or Dify refuses one, and other
        `ProviderError`s when one could not be brought there.
        """
        if not prompt.pictures:
            return NOTHING_ATTACHED
        try:
            async with self._clock.timeout(self._settings.total_s):
                return await self._bring(prompt)
        except TimeoutError as cause:
            mend = "Look at the load of Dify, or raise this deadline."
            raise ProviderTimeout("Dify's total deadline passed", mend=mend) from cause

    async def _bring(self, prompt: Prompt) -> Attached:
        way = picture_way(await self._known(), self._settings.inputs)
        limit = asyncio.Semaphore(_AT_ONCE)
        tasks = [
            asyncio.create_task(self._upload(picture, prompt.user, limit))
            for picture in prompt.pictures[-way.most :]
        ]
        try:
            return _attached(way, await asyncio.gather(*tasks))
        finally:
            for task in tasks:
                task.cancel()

    async def _known(self) -> bytes:
        """What the app tells of itself, asked for now and then; b"" when it cannot be asked."""
        if self._clock.monotonic() >= self._ask_from_s:
            try:
                self._parameters = await self._api.call("GET", "/parameters") or b""
            except ProviderError:
                # The upload will meet the same trouble and tell it better.
                return b""
            self._ask_from_s = self._clock.monotonic() + _KNOWN_FOR_S
        return self._parameters

    async def _upload(self, picture: Picture, user: str, limit: asyncio.Semaphore) -> str:
        """The id of the uploaded picture. A file too many at Dify does no harm: it is retried."""
        form = _form(picture, user)
        tries_made = 0
        while True:
            tries_made += 1
            try:
                async with limit:
                    body = await self._api.ask(
                        "POST",
                        "/files/upload",
                        body=form.body(),
                        deadline_s=self._settings.upload_s,
                    )
                return _id_in(body)
            except RunFailed as failed:
                delay_s = retry_delay_s(
                    failed.failure, tries_made=tries_made, tries=self._settings.tries
                )
                if delay_s is None:
                    raise _refused(failed.failure) from failed.__cause__
            await self._clock.sleep(delay_s)


def _form(picture: Picture, user: str) -> FileForm:
    ending = _ENDINGS.get(picture.content_type)
    if ending is None or not picture.content:
        raise PictureUnusable("Dify takes no picture of this type", mend=_REFUSED)
    return FileForm(
        content=picture.content,
        filename=f"picture.{ending}",
        content_type=picture.content_type,
        fields={"user": user},
    )


def _id_in(body: bytes) -> str:
    try:
        return _UPLOADED.decode(body).id
    except UNREADABLE as cause:
        raise ProviderUnavailable("Dify's answer to an upload cannot be read") from cause


def _refused(failure: Failure) -> ProviderError:
    if failure.status == 413:
        return PictureUnusable(failure.error.detail, mend=_TOO_LARGE)
    if failure.code in _UNUSABLE or failure.status == 415:
        return PictureUnusable(failure.error.detail, mend=_REFUSED)
    return failure.error


def _attached(way: PictureWay, ids: list[str]) -> Attached:
    files = tuple(
        {"type": "image", "transfer_method": "local_file", "upload_file_id": each} for each in ids
    )
    if way.variable is None:
        return Attached(files=files)
    return Attached(inputs={way.variable: files if way.is_list else files[-1]})
