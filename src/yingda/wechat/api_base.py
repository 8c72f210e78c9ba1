"""The seams of WeChat's server API, and the values that cross them.

Knows how requests travel, how a token is shared by many processes, and what the engine may ask
for. Refuses to know sockets, clocks and databases; adapters stand beside and in the store.
"""

from collections.abc import Mapping
from typing import Final, Protocol

import msgspec

#: Bytes of an answer that is no file. Our choice: the longest are lists of addresses and menus, a
#: few dozen KB.
ANSWER_LIMIT_BYTES: Final = 1 << 20


class FilePart(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it goes into a multipart body."""

    #: The name of the form's field.
    field: str
    filename: str
    content_type: str
    content: bytes = msgspec.field(default=b"")


class ApiRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request; its query may hold a token and its body a secret or what people wrote."""

    method: str
    #: Below the base URL, with a slash in front.
    path: str
    query: Mapping[str, str] = {}
    #: UTF-8 JSON; None for a GET or a file.
    body: bytes | None = None
    file: FilePart | None = None
    #: More of the answer is not read.
    answer_limit_bytes: int = ANSWER_LIMIT_BYTES

    def __repr__(self) -> str:
        return f"ApiRequest({self.method} {self.path})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        """What rich shows: as little as `repr`."""
        return [("method", self.method), ("path", self.path)]


class ApiAnswer(msgspec.Struct, frozen=True):
    """A whole answer, whatever its status."""

    status: int
    #: Names in lower case.
    headers: Mapping[str, str]
    body: bytes
    #: Whether the body ends at the request's limit and not by itself.
    is_cut: bool = False

    def __repr__(self) -> str:
        return f"ApiAnswer({self.status}, {len(self.body)} bytes)"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        """What rich shows: as little as `repr`, for the body may hold a token."""
        return [("status", self.status), ("body_bytes", len(self.body))]


class ApiTransport(Protocol):
    """A way to WeChat's server API, with deadlines of its own."""

    async def send(self, request: ApiRequest) -> ApiAnswer:
        """Send once, and read the whole answer.

        Raises `ApiUnreachable`; its `was_sent` is False only when WeChat cannot have got it.
        """

    async def aclose(self) -> None:
        """Close every connection."""


class KeptToken(msgspec.Struct, frozen=True, kw_only=True):
    """An access token as all processes share it; times are Unix seconds."""

    #: A secret; nothing shows it.
    value: str
    #: From then on a new one is fetched.
    refresh_at: float
    #: From then on WeChat refuses it.
    expires_at: float
    #: When WeChat was last made to replace a token that it still called good; 0 is never.
    forced_at: float = 0.0
    #: How often on the day of `forced_at`, by WeChat's calendar.
    forced_count: int = 0

    def __repr__(self) -> str:
        return f"KeptToken(expires_at={self.expires_at}, value=…)"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        """What rich shows: as little as `repr`."""
        return [("expires_at", self.expires_at)]


class TokenVault(Protocol):
    """Where an account's token is kept, for all processes and over restarts.

    `app_id` names the account. Only who holds the lease fetches, so that one fetch at a time is
    under way; a lease that ran out counts for nothing. Times are Unix seconds.
    """

    async def kept_token(self, app_id: str) -> KeptToken | None:
        """The token that was kept last; it may have expired."""

    async def lease_token(self, app_id: str, *, at: float, until: float) -> int | None:
        """The right to fetch a token until `until`; None while somebody else has it at `at`.

        The number tells this lease from all others.
        """

    async def keep_token(self, app_id: str, lease: int, token: KeptToken) -> bool:
        """Keep the token that was fetched, and end the lease.

        False, and no change, when the lease has passed to somebody else.
        """

    async def end_lease(self, app_id: str, lease: int) -> None:
        """Let others fetch at once; harmless when the lease is over."""


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One article of a news message: a picture, two lines and a link."""

    title: str
    url: str
    description: str = ""
    picture_url: str = ""


class Uploaded(msgspec.Struct, frozen=True):
    """A file that WeChat keeps for a while."""

    media_id: str
    #: Unix seconds.
    expires_at: float


class Downloaded(msgspec.Struct, frozen=True, kw_only=True):
    """A file that WeChat kept for us; of a video only its address."""

    content: bytes = b""
    #: What WeChat says of it, in lower case and without parameters.
    content_type: str = ""
    #: "" unless it is a video.
    video_url: str = ""

    def __repr__(self) -> str:
        return f"Downloaded({self.content_type}, {len(self.content)} bytes)"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        """What rich shows: as little as `repr`."""
        return [("content_type", self.content_type), ("content_bytes", len(self.content))]


class ServiceDesk(Protocol):
    """The service messages of one account, as the engine sees them.

    Raises a `WechatApiError`: `ApiRefused` with its `kind`, `ApiUnreachable` when nothing was
    sent, `SendInDoubt` when nobody knows. `within_s` bounds how long a busy WeChat is asked
    again; None is the client's own default.
    """

    async def send_text(self, openid: str, text: str, *, within_s: float | None = None) -> None:
        """Send a text of at most `SERVICE_TEXT_LIMIT_BYTES`, whole or not at all."""

    async def set_typing(self, openid: str, *, on: bool, within_s: float | None = None) -> None:
        """Show or end the typing state; it ends by itself after `TYPING_S`."""
