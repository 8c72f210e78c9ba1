"""What an operator sets for one Dify app.

A frozen value with every number's unit and source; checks address and key, and never shows the
key. Knows nothing of requests.
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from yingda.providers.addresses import bare_key, http_address
from yingda.providers.limits import ANSWER_LIMIT_CHARS
from yingda.providers.sse import LINE_LIMIT_BYTES, TOTAL_LIMIT_BYTES

#: What stands behind the address in examples that people copy.
_PASTED = ("/chat-messages", "/completion-messages", "/workflows/run", "/v1")


class AppMode(StrEnum):
    """Dify's app types, as `GET /info` names them."""

    CHAT = "chat"
    AGENT_CHAT = "agent-chat"
    AGENT = "agent"
    ADVANCED_CHAT = "advanced-chat"
    COMPLETION = "completion"
    WORKFLOW = "workflow"


class DifySettings(msgspec.Struct, frozen=True, kw_only=True):
    """One Dify app and how long to wait for it; spans in seconds."""

    base_url: str
    api_key: str
    #: None asks `GET /info`, once.
    mode: AppMode | None = None
    #: Templates for the values of the app's input variables; see `yingda.templates`.
    inputs: Mapping[str, str] = {}
    #: The variable that takes the question, where the app has no conversations; None finds it out.
    input_key: str | None = None
    #: The output that is a Workflow's answer; None takes the likeliest.
    output_key: str | None = None
    #: Whether the documents that an answer leans on are given.
    sources: bool = False
    #: Where files are whose address names no host; None is the API's own host.
    files_url: str | None = None
    #: Dify service API, "The stream": 30 to 60 s; a missing conversation may show as pings only.
    first_event_s: float = 60.0
    #: The same page: at least 30 s; pings come every 10 s.
    read_s: float = 60.0
    #: Our choice: long Chatflows take minutes; a slot of a lost run ages out after these ten.
    total_s: float = 600.0
    #: How long text is gathered before it is given on; ids and the end are not held back. Our
    #: choice: no follower sees text grow any faster, and five times a second is still smooth.
    gather_s: float = 0.2
    #: Our choice: a closing event follows within milliseconds or never.
    grace_s: float = 1.0
    #: Our choice: the small calls are plain database look-ups at Dify.
    call_s: float = 10.0
    #: Our choice: the first question of all waits for it.
    info_s: float = 3.0
    #: Our choice: 10 MB, the most that Dify takes, in this time is a slow home line (3 Mbit/s).
    upload_s: float = 30.0
    #: Our choice: a minute of speech takes a recogniser seconds, and a follower waits.
    speech_s: float = 60.0
    #: Our choice: a model runs for it, and the answer is not held back.
    suggest_s: float = 20.0
    #: How long to look for a lost run's answer, and how often. Our choice: most answers take
    #: seconds, and the follower waits.
    recovery_s: float = 60.0
    recovery_every_s: float = 2.0
    #: Requests for one question, refused ones included. Our choice.
    tries: int = 3
    #: The voice that reads aloud, by the name that the app's model knows; None is the app's own.
    voice: str | None = None
    #: As `yingda.proxies` writes it, perhaps with a login; None takes the machine's.
    proxy: str | None = None
    answer_limit_chars: int = ANSWER_LIMIT_CHARS
    line_limit_bytes: int = LINE_LIMIT_BYTES
    total_limit_bytes: int = TOTAL_LIMIT_BYTES

    def __repr__(self) -> str:
        return f"DifySettings(base_url={self.base_url!r}, mode={self.mode!r}, api_key=…)"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        """What rich shows: as little as `repr`."""
        return [("base_url", self.base_url), ("mode", self.mode)]


def usable_base_url(text: str) -> str:
    """The address up to and including `/v1`, however it was pasted.

    Raises `ProviderMisconfigured` when it is no address of an HTTP server.
    """
    mend = "Give the API origin of Dify, for example https://api.dify.ai/v1."
    parts = http_address(text, mend=mend)
    path = parts.path
    for ending in _PASTED:
        path = path.removesuffix(ending).rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}/v1"


def usable_api_key(text: str) -> str:
    """The key alone, as it goes after `Bearer`.

    Raises `ProviderMisconfigured` when it is empty or cannot stand in a header.
    """
    mend = "Copy the key again from the app's API Access page in Dify; it begins with app-."
    return bare_key(text, mend=mend)
