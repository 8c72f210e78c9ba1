"""The settings of providers as frozen values, by kind: type, bounds, default and the reason for it.

A part of `config.values`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, ClassVar, Final, Literal

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag

from yingda.config.fields import Line, Seconds, Secret, Url, WholeNumber, folded, no_bool
from yingda.config.fields_providers import ExtraBody, Headers
from yingda.config.prices import Priced
from yingda.config.proxy import Proxy
from yingda.config.standing import Stood
from yingda.config.templates import SystemPrompt, TemplateTexts
from yingda.providers.capabilities import MemoryBounds

#: Where Dify Cloud answers. Official page.
DIFY_BASE_URL: Final = "https://api.dify.ai/v1"
#: Seconds between Dify's pings; silence is only telling beyond them. Dify service API.
DIFY_PING_S: Final = 10.0

_STRICT = ConfigDict(extra="forbid", hide_input_in_errors=True)


def _nothing() -> Mapping[str, str]:
    return MappingProxyType({})


#: How many questions a provider is asked at once; None is as many as the processes run. The most
#: is our choice: what one process runs unless it is told otherwise.
_Concurrency = Annotated[WholeNumber, Field(ge=1, le=1000)] | None

#: Requests for one question, those that were refused included; only what cost no answer is asked
#: again. The most is our choice: a follower waits.
Tries = Annotated[WholeNumber, Field(ge=1, le=5)]


_DifyMode = Literal["chat", "agent-chat", "agent", "advanced-chat", "completion", "workflow"]


@dataclass(frozen=True, kw_only=True)
class DifyProvider(Priced, Stood):
    """One Dify app; spans in seconds."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    api_key: Secret = field(repr=False)
    kind: Literal["dify"] = "dify"
    base_url: Url = DIFY_BASE_URL
    #: None asks Dify itself, once. Dify's own names.
    mode: Annotated[_DifyMode, BeforeValidator(folded)] | None = None
    #: Values of the app's input variables, as templates; they may be private, so not shown.
    inputs: TemplateTexts = field(default_factory=_nothing, repr=False)
    #: The input variable that takes the question, in apps without conversations. None by default:
    #: Dify knows the variables.
    input_key: Line | None = None
    #: The output that is a workflow's answer; None takes the likeliest.
    output_key: Line | None = None
    #: Whether answers name the documents that they lean on. Off by default: Dify's apps often
    #: retrieve what they do not use, and names of documents may be nobody's business.
    sources: bool = False
    #: Where Dify's files are if their addresses name no host; None is the host of `base_url`.
    files_url: Url | None = None
    #: Until the first event. Dify's own advice is 30 to 60 s; the most is our choice.
    first_event_s: Annotated[Seconds, Field(ge=1, le=3600)] = 60.0
    #: Between two events. The least is above Dify's ping, the most our choice.
    read_s: Annotated[Seconds, Field(ge=DIFY_PING_S + 1, le=3600)] = 60.0
    #: For a whole answer, with every try. Our choice: long Chatflows take minutes. The most leaves
    #: 300 s of the 1500 s after which the engine ends any run: a run after a crash searches for
    #: the earlier answer first.
    total_s: Annotated[Seconds, Field(ge=1, le=1200)] = 600.0
    #: For a small call: stop, erase, rate. Bounds of this and the next six: our choice.
    call_s: Annotated[Seconds, Field(ge=1, le=300)] = 10.0
    #: For the app's type, which the very first question waits for.
    info_s: Annotated[Seconds, Field(ge=0.1, le=60)] = 3.0
    #: For one picture on its way to Dify.
    upload_s: Annotated[Seconds, Field(ge=1, le=300)] = 30.0
    #: For a recording to become text, or a text speech.
    speech_s: Annotated[Seconds, Field(ge=1, le=300)] = 60.0
    #: For suggested questions, which a model thinks of.
    suggest_s: Annotated[Seconds, Field(ge=1, le=300)] = 20.0
    #: How long text is gathered before it is given on.
    gather_s: Annotated[Seconds, Field(ge=0, le=5)] = 0.2
    #: How long a closing event is waited for once the answer is whole.
    grace_s: Annotated[Seconds, Field(ge=0, le=60)] = 1.0
    #: How long the answer of a run that a crash cut off is looked for; the most is what `total_s`
    #: leaves, less a minute. And how often.
    recovery_s: Annotated[Seconds, Field(ge=0, le=240)] = 60.0
    recovery_every_s: Annotated[Seconds, Field(ge=0.5, le=60)] = 2.0
    tries: Tries = 3
    #: The voice that reads answers aloud; None is the app's own.
    voice: Line | None = None
    #: None is the machine's; `none` goes there directly.
    proxy: Proxy | None = field(default=None, repr=False)
    #: None by default, for Dify's own limit differs from plan to plan and from app to app.
    concurrency: _Concurrency = None


@dataclass(frozen=True, kw_only=True)
class OpenAiProvider(Priced, Stood):
    """One model behind an OpenAI-compatible API; spans in seconds.

    The bounds of what a model is told are ours: they catch slips, the server knows its own.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    #: With its version, if it has one. None by default: no vendor is the obvious one.
    base_url: Url
    model: Line
    kind: Literal["openai"] = "openai"
    #: None where the server asks for none, as local ones do.
    api_key: Secret | None = field(default=None, repr=False)
    headers: Headers = field(default_factory=_nothing, repr=False)
    system_prompt: SystemPrompt | None = None
    #: How much of the conversation goes along: earlier questions and answers, and tokens in all,
    #: the system prompt's included. Bounds: our choice, beyond the largest models.
    memory_turns: Annotated[WholeNumber, Field(ge=0, le=1000)] = MemoryBounds().turns
    memory_tokens: Annotated[WholeNumber, Field(ge=200, le=2_000_000)] = MemoryBounds().tokens
    #: Whether the model sums up what falls out of that. Off by default: each summary is a call.
    summarise: bool = False
    #: None leaves it to the server. OpenAI API reference: 0 to 2.
    temperature: Annotated[float, BeforeValidator(no_bool), Field(ge=0, le=2)] | None = None
    max_tokens: Annotated[WholeNumber, Field(ge=1, le=1_000_000)] | None = None
    #: What else goes into the request's body.
    extra_body: ExtraBody = field(default_factory=_nothing)
    vision: bool = False
    send_user: bool = True
    transcription_model: Line | None = None
    speech_model: Line | None = None
    speech_voice: Line | None = None
    #: Until the first chunk. Our choice: a model that is loaded first, or thinks unseen, takes
    #: most of a minute.
    first_event_s: Annotated[Seconds, Field(ge=1, le=3600)] = 60.0
    #: Between two chunks. Our choice: a model that falls silent for a minute has stopped.
    read_s: Annotated[Seconds, Field(ge=1, le=3600)] = 60.0
    #: For a whole answer, with every try; the bounds as for Dify.
    total_s: Annotated[Seconds, Field(ge=1, le=1200)] = 600.0
    #: For the body of a refusal. Bounds of this and the next three: as for Dify.
    call_s: Annotated[Seconds, Field(ge=1, le=300)] = 10.0
    #: For a recording to become text, or a text speech.
    speech_s: Annotated[Seconds, Field(ge=1, le=300)] = 60.0
    #: How long text is gathered before it is given on.
    gather_s: Annotated[Seconds, Field(ge=0, le=5)] = 0.2
    #: How long the usage is waited for once the answer is whole.
    grace_s: Annotated[Seconds, Field(ge=0, le=60)] = 1.0
    tries: Tries = 3
    #: None is the machine's; `none` goes there directly.
    proxy: Proxy | None = field(default=None, repr=False)
    concurrency: _Concurrency = None


@dataclass(frozen=True, kw_only=True)
class EchoProvider(Priced, Stood):
    """The built-in provider that answers about the question; needs no key. Bounds: our choice."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    kind: Literal["echo"] = "echo"
    #: Seconds for a whole answer; 0 answers at once.
    duration_s: Annotated[Seconds, Field(ge=0, le=600)] = 0.0
    #: Seconds until the first text.
    first_text_s: Annotated[Seconds, Field(ge=0, le=600)] = 0.0
    #: The least length of an answer.
    length_chars: Annotated[WholeNumber, Field(ge=0, le=100_000)] = 0
    concurrency: _Concurrency = None


def _kind(value: object) -> object:
    return folded(value.get("kind")) if isinstance(value, dict) else None


ProviderSettings = DifyProvider | OpenAiProvider | EchoProvider
#: Every kind of provider by the name that settings give it.
PROVIDER_KINDS: Final[Mapping[str, type[ProviderSettings]]] = MappingProxyType(
    {"dify": DifyProvider, "openai": OpenAiProvider, "echo": EchoProvider}
)
AnyProvider = Annotated[
    Annotated[DifyProvider, Tag("dify")]
    | Annotated[OpenAiProvider, Tag("openai")]
    | Annotated[EchoProvider, Tag("echo")],
    Discriminator(_kind),
]
