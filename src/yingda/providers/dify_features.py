"""Whether and how a Dify app takes pictures: what `GET /parameters` tells of it.

Pure. Sources: Dify service API, "App description"; where the outer `enabled` of `file_upload` is
given it decides, older versions have `image` alone. An app without an upload of its own may have
a file variable instead, as workflows do.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from yingda.errors import PictureUnusable
from yingda.providers.payloads import UNREADABLE

#: The most files of one run, by default (`WORKFLOW_FILE_UPLOAD_LIMIT`). Dify service API.
FILES_LIMIT: Final = 10
_OFF: Final = (
    "Switch pictures on in Dify and publish the app: Vision (Chatbot, Agent), File Upload with "
    "images under Features (Chatflow), or a file variable in the Start node (Workflow)."
)
_REMOTE_ONLY: Final = (
    "Allow local upload, not URLs alone, in the app's file upload settings in Dify."
)
_IMAGE: Final = "image"
_LOCAL: Final = "local_file"


class PictureWay(msgspec.Struct, frozen=True, kw_only=True):
    """How pictures go into a run."""

    #: The input variable that takes them; None is the app's own upload.
    variable: str | None = None
    is_list: bool = True
    most: int = FILES_LIMIT


class Attached(msgspec.Struct, frozen=True, kw_only=True):
    """What a run's request names of the pictures that were uploaded for it."""

    files: tuple[Mapping[str, str], ...] = ()
    #: Input variables that hold them, on top of the operator's.
    inputs: Mapping[str, object] = {}


NOTHING_ATTACHED: Final = Attached()


class _Upload(msgspec.Struct, frozen=True):
    enabled: bool | None = None
    number_limits: int | None = None
    transfer_methods: list[str] | None = None
    allowed_file_upload_methods: list[str] | None = None
    allowed_file_types: list[str] | None = None


class _FileUpload(_Upload, frozen=True):
    image: _Upload | None = None


class _Variable(msgspec.Struct, frozen=True):
    variable: str = ""
    max_length: int | None = None
    allowed_file_types: list[str] | None = None
    allowed_file_upload_methods: list[str] | None = None


class _Parameters(msgspec.Struct, frozen=True):
    file_upload: _FileUpload | None = None
    user_input_form: list[dict[str, msgspec.Raw]] | None = None


_PARAMETERS: Final = msgspec.json.Decoder(_Parameters)
_VARIABLE: Final = msgspec.json.Decoder(_Variable)


def picture_way(body: bytes, inputs: Mapping[str, str]) -> PictureWay:
    """How this app takes pictures; as a run of any app where it does not tell.

    `inputs` are the variables that the operator fills. Raises PictureUnusable, with the mend,
    when the app takes none.
    """
    try:
        found = _PARAMETERS.decode(body)
    except UNREADABLE:
        return PictureWay()
    upload = found.file_upload
    if upload is None or _takes_images(upload):
        shown = upload or _FileUpload()
        if _is_local(shown):
            return PictureWay(most=_most(shown))
    for each in found.user_input_form or ():
        way = _way_by_variable(each, inputs)
        if way is not None:
            return way
    if upload is not None and _takes_images(upload):
        raise PictureUnusable("the Dify app takes pictures by URL alone", mend=_REMOTE_ONLY)
    raise PictureUnusable("the Dify app takes no pictures", mend=_OFF)


def _takes_images(upload: _FileUpload) -> bool:
    if upload.enabled is None:
        return upload.image is None or upload.image.enabled is not False
    types = upload.allowed_file_types
    # `custom` goes by endings, which may be those of pictures: Dify will say.
    return upload.enabled and (not types or _IMAGE in types or "custom" in types)


def _is_local(upload: _FileUpload) -> bool:
    image = upload.image or _Upload()
    methods = upload.allowed_file_upload_methods or image.transfer_methods
    return not methods or _LOCAL in methods


def _most(upload: _FileUpload) -> int:
    image = upload.image or _Upload()
    told = upload.number_limits or image.number_limits or FILES_LIMIT
    return max(1, min(told, FILES_LIMIT))


def _way_by_variable(
    each: Mapping[str, msgspec.Raw], inputs: Mapping[str, str]
) -> PictureWay | None:
    """The way through a file variable, if this entry of the form is one that takes pictures."""
    for kind, raw in each.items():
        if kind not in {"file", "file-list"}:
            continue
        try:
            found = _VARIABLE.decode(raw)
        except UNREADABLE:
            continue
        types, methods = found.allowed_file_types, found.allowed_file_upload_methods
        takes = (not types or _IMAGE in types) and (not methods or _LOCAL in methods)
        if found.variable and found.variable not in inputs and takes:
            is_list = kind == "file-list"
            most = max(1, min(found.max_length or FILES_LIMIT, FILES_LIMIT)) if is_list else 1
            return PictureWay(variable=found.variable, is_list=is_list, most=most)
    return None
