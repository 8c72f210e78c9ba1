"""What an operator sets for one model behind an OpenAI-compatible API.

A frozen value with every number's unit and source; checks the address, and never shows the key
or a header. Knows nothing of requests.
"""

from collections.abc import Mapping

import msgspec

from yingda.providers.addresses import bare_key, http_address
from yingda.providers.capabilities import MemoryBounds
from yingda.providers.limits import ANSWER_LIMIT_CHARS
from yingda.providers.sse import LINE_LIMIT_BYTES, TOTAL_LIMIT_BYTES
from yingda.templates import Template

#: The path of the one call that answers (OpenAI API reference, "Create chat completion").
CHAT_PATH = "/chat/completions"


class OpenAiSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One model and how long to wait for it; spans in seconds."""

    base_url: str
    model: str
    #: "" where the server asks for none, as local ones do.
    api_key: str = ""
    #: Sent with every request besides; they may hold secrets.
    headers: Mapping[str, str] = {}
    system_prompt: Template | None = None
    #: None leaves it to the server.
    temperature: float | None = None
    max_tokens: int | None = None
    #: Goes into the request's body as it is.
    extra_body: Mapping[str, object] = {}
    #: How much of the conversation goes along: earlier questions, and tokens in all.
    memory_turns: int = MemoryBounds().turns
    memory_tokens: int = MemoryBounds().tokens
    #: Whether the model sums up what falls out of that.
    summarise: bool = False
    #: Whether the model takes pictures.
    vision: bool = False
    #: Whether the server is told the follower's pseudonym.
    send_user: bool = True
    #: The models that write speech down and read text aloud; None where there is none.
    transcription_model: str | None = None
    speech_model: str | None = None
    #: None leaves it to the server, which may refuse that.
    speech_voice: str | None = None
    #: Our choice: a model that is loaded first, or that thinks unseen, takes most of a minute.
    first_event_s: float = 60.0
    #: Our choice: keep-alives and pieces come every few seconds.
    read_s: float = 60.0
    #: Our choice, as for Dify: long answers of slow models take minutes.
    total_s: float = 600.0
    #: How long text is gathered before it is given on. Our choice: five times a second is smooth.
    gather_s: float = 0.2
    #: Our choice: the usage follows the answer's end within milliseconds or never.
    grace_s: float = 1.0
    #: Our choice: the body of a refusal, and the list of models, are short.
    call_s: float = 10.0
    #: For a recording to be written down or a text to be read aloud. Our choice: a follower waits.
    speech_s: float = 60.0
    #: Requests for one question, refused ones included. Our choice.
    tries: int = 3
    #: As `yingda.proxies` writes it, perhaps with a login; None takes the machine's.
    proxy: str | None = None
    answer_limit_chars: int = ANSWER_LIMIT_CHARS
    line_limit_bytes: int = LINE_LIMIT_BYTES
    total_limit_bytes: int = TOTAL_LIMIT_BYTES

    def __repr__(self) -> str:
        return f"OpenAiSettings(base_url={self.base_url!r}, model={self.model!r}, api_key=…)"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        """What rich shows: as little as `repr`."""
        return [("base_url", self.base_url), ("model", self.model)]


def usable_openai_url(text: str) -> str:
    """The address that paths are put behind, however it was pasted; its version stays.

    Raises `ProviderMisconfigured` when it is no address of an HTTP server.
    """
    mend = "Give the API's address with its version, for example https://api.deepseek.com/v1."
    parts = http_address(text, mend=mend)
    path = parts.path.rstrip("/").removesuffix(CHAT_PATH).rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}"


def request_headers(settings: OpenAiSettings) -> dict[str, str]:
    """What goes with every request. An own header stands in the place of the key's.

    Raises `ProviderMisconfigured` when the key cannot stand in a header.
    """
    headers = dict(settings.headers)
    if settings.api_key.strip() and "authorization" not in map(str.lower, headers):
        mend = "Copy the API key again from its vendor's console."
        headers["Authorization"] = f"Bearer {bare_key(settings.api_key, mend=mend)}"
    return headers
