"""A file on its way to a provider, as `multipart/form-data` (RFC 7578).

Knows how aiohttp wants it. Refuses to know what the file is for.
"""

import io
from collections.abc import Mapping

import aiohttp
import msgspec


class FileForm(msgspec.Struct, frozen=True, kw_only=True):
    """One file under the name `file`, with the fields that go along."""

    content: bytes
    #: Plain ASCII of our own making, with the ending that fits the content.
    filename: str
    content_type: str
    fields: Mapping[str, str] = {}

    def __repr__(self) -> str:
        return f"FileForm({self.content_type}, {len(self.content)} bytes)"

    def body(self) -> aiohttp.FormData:
        """The body of one request; aiohttp sends each but once."""
        form = aiohttp.FormData(self.fields)
        # A file object is written piece by piece, so that a large one holds up nobody else.
        form.add_field(
            "file",
            io.BytesIO(self.content),
            filename=self.filename,
            content_type=self.content_type,
        )
        return form
