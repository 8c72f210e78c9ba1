"""The settings as frozen values: every key with its type, bounds, default and the reason for it.

Pydantic reads these dataclasses; their `repr` shows no secret. Only the place that wires the
application uses them: other rooms are handed plain values. Refuses to know where a value came
from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, ClassVar, Final, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
)

from yingda.actions import Action, Rule
from yingda.config.duties import menu_in, rules_in, scenes_in, welcome_in
from yingda.config.fields import (
    AesKeyText,
    Automatic,
    CommandNames,
    CommandWords,
    DirectoryPath,
    Host,
    Line,
    Name,
    Patience,
    PickupWord,
    Seconds,
    Secret,
    TimeZone,
    Token,
    Url,
    WholeNumber,
    Words,
    folded,
    frozen,
)
from yingda.config.fields_database import SQLITE, DatabaseUrl, shown_database, sqlite_path
from yingda.config.fields_openids import OpenidList, SomeOpenids
from yingda.config.prices import Currency, Money
from yingda.config.providers import AnyProvider
from yingda.config.texts import Problem
from yingda.texts import MOST_COUNTED, Language
from yingda.wechat.limits import ATTEMPTS, FRESHNESS_S, WINDOW_S
from yingda.wechat.menu import Menu

#: Where WeChat answers. Official page.
WECHAT_API_BASE: Final = "https://api.weixin.qq.com"
#: Ten years of months.
MOST_MONTHS: Final = 120
#: The database file inside `data_dir`, unless `database_url` names another.
DATABASE_FILE: Final = "yingda.sqlite3"
Models = Annotated[Mapping[str, Line], AfterValidator(frozen)]
#: Shares count against each other; the most is our choice, so that 0.1 % can be said.
Shares = Annotated[
    Mapping[str, Annotated[WholeNumber, Field(ge=0, le=1000)]], AfterValidator(frozen)
]
_STRICT = ConfigDict(extra="forbid", hide_input_in_errors=True)


def _nothing() -> Mapping[str, str]:
    return MappingProxyType({})


def _no_scenes() -> Mapping[str, Action]:
    return MappingProxyType({})


def _no_shares() -> Mapping[str, int]:
    return MappingProxyType({})


def _no_words() -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class AccountSettings:
    """One Official Account."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    #: Stands in the callback's address, `/wechat/{name}`.
    name: Name
    token: Token = field(repr=False)
    #: The name of the provider that answers.
    provider: Line
    #: Shown name → provider, for followers to choose from; the first answers who has not chosen.
    models: Models = field(default_factory=_nothing)
    #: Provider → its share of the followers who have not chosen; nobody changes sides for it.
    split: Shares = field(default_factory=_no_shares)
    #: Set it for safe or compatible mode; None is plain mode.
    encoding_aes_key: AesKeyText | None = field(default=None, repr=False)
    #: The former key, for the minutes while WeChat still uses it after a change.
    previous_encoding_aes_key: AesKeyText | None = field(default=None, repr=False)
    app_id: Secret | None = None
    app_secret: Secret | None = field(default=None, repr=False)
    api_base: Url = WECHAT_API_BASE
    #: Whether answers are sent as service messages too; `auto` asks WeChat whether it may, and is
    #: `passive` without an AppSecret.
    mode: Annotated[Literal["auto", "passive", "push"], BeforeValidator(folded)] = "auto"
    #: Deliberate time-outs in any 5 min; None is without limit. WeChat's alarm is set to 30
    #: failures in 5 min at first; 20 leaves room for real ones.
    patience: Patience = 20
    #: Whether the beginning of an unfinished answer is shown when there is no time left to wait.
    first_part: bool = True
    #: Questions of one follower that may wait behind the running one. Our choice: more would be
    #: answered when they no longer matter.
    queue_limit: Annotated[WholeNumber, Field(ge=0, le=1000)] = 3
    #: Questions of one follower in any minute; None is without limit. Not set by default: the
    #: queue bounds who asks faster than the AI answers. The bounds are our choice.
    rate_per_minute: Annotated[WholeNumber, Field(ge=1, le=1000)] | None = None
    #: Questions of one follower in a day of `time_zone`; None is without limit. Not set by
    #: default: only the operator knows what an answer costs. The most is what a sentence can say.
    daily_questions: Annotated[WholeNumber, Field(ge=1, le=MOST_COUNTED)] | None = None
    #: What answers may cost in a month of `time_zone`; None is without limit. Not set by default:
    #: only the operator knows what he can pay. The bounds are our choice.
    monthly_budget: Annotated[Money, Field(ge=Decimal("0.01"), le=1_000_000_000)] | None = None
    #: The only currency that counts for the budget: nothing is ever exchanged.
    budget_currency: Currency = "CNY"
    #: The share of the budget at which the log warns. Our choice: time enough to act.
    budget_warning: Annotated[Money, Field(ge=Decimal("0.01"), le=1)] = Decimal("0.8")
    #: Where days begin and times are told; WeChat's followers live in this one.
    time_zone: TimeZone = "Asia/Shanghai"
    #: Followers who get no answers. Openids tell of people, so they are not shown.
    blocked: OpenidList = field(default=frozenset(), repr=False)
    #: What a blocked follower gets.
    blocked_reply: Annotated[Literal["sentence", "silence"], BeforeValidator(folded)] = "sentence"
    #: The only followers who get answers; None is everybody.
    allowed: SomeOpenids | None = field(default=None, repr=False)
    #: What becomes of a picture without words, where a provider looks at pictures. `wait` costs one
    #: answer, `ask` often two; most people send the picture first and then the question.
    pictures: Annotated[Literal["ask", "wait", "off"], BeforeValidator(folded)] = "wait"
    #: Minutes for which a picture waits for words. Our choice: time to type, and a question about
    #: something else an hour later is not about it. The most is what a sentence can say.
    picture_wait_min: Annotated[WholeNumber, Field(ge=1, le=60)] = 10
    #: Recordings become questions where they can be had and a provider listens.
    voice: Annotated[Literal["auto", "off"], BeforeValidator(folded)] = "auto"
    #: The name of the provider that listens; None is the one that answers.
    transcriber: Line | None = None
    #: Whether pictures that an answer names are sent behind it, where the account may push.
    answer_pictures: bool = True
    #: Whether the answer to a recording is read aloud behind its text, where the account may push.
    #: Off by default: it costs, and not everybody wants to be spoken to.
    voice_answers: Annotated[Literal["off", "voice"], BeforeValidator(folded)] = "off"
    #: The name of the provider that speaks; None is the one that answers.
    speaker: Line | None = None
    pickup_word: PickupWord = "1"
    language: Annotated[Language, BeforeValidator(folded)] = Language.CHINESE
    #: Whether answers are marked as generated: China's labelling rules, September 2025.
    ai_label: bool = True
    #: Whether links that rate an answer stand below it. Our choice: most followers tap none.
    feedback_links: bool = False
    #: Whether the provider is asked, after an answer, what may be asked next. Our choice: it costs
    #: a call of a model for each answer.
    suggestions: bool = False
    #: How far a signed timestamp may be off. The least lets WeChat's repeats in, which carry the
    #: first attempt's timestamp; the most is our choice.
    freshness_s: Annotated[Seconds, Field(ge=WINDOW_S * ATTEMPTS, le=86_400)] = FRESHNESS_S
    #: The operator's own sentences, by the keys of `yingda.sentences`.
    texts: Words = field(default_factory=_nothing)
    #: More words for a command, by its name.
    commands: CommandWords = field(default_factory=_no_words)
    #: The commands whose built-in word means nothing.
    commands_off: CommandNames = ()
    #: Hours without a question after which the next one begins a new conversation; None is never.
    #: Our choice of bounds: six minutes, for sooner nobody has read the answer, and a year.
    idle_h: Annotated[Seconds, Field(ge=0.1, le=8760)] | None = None
    #: Hours from a follower's leaving until their texts are erased, which the platform demands.
    #: Our choice of a day: somebody who left by mistake and complains can still be helped from the
    #: record. The most is a month.
    erase_after_unsubscribe_h: Annotated[Seconds, Field(ge=0, le=720)] = 24.0
    #: What texts bring about before the AI is asked, in this order.
    rules: Annotated[tuple[Rule, ...], PlainValidator(rules_in)] = ()
    #: The account's own menu.
    menu: Annotated[Menu, PlainValidator(menu_in)] = field(default_factory=Menu)
    #: Whether welcome and help carry the menu; None finds out whether WeChat shows one.
    menu_in_text: Automatic = None
    #: What a new follower gets; None is the sentence.
    welcome: Annotated[Action | None, PlainValidator(welcome_in)] = None
    #: Scene of a QR code → what a scan brings about.
    scenes: Annotated[Mapping[str, Action], PlainValidator(scenes_in)] = field(
        default_factory=_no_scenes
    )


#: The settings of an account that a variable can carry, each under its own name in capitals.
ACCOUNT_KEYS: Final = tuple(
    own.name
    for own in fields(AccountSettings)
    if own.name
    not in {
        "name",
        "models",
        "split",
        "texts",
        "commands",
        "commands_off",
        "rules",
        "menu",
        "welcome",
        "scenes",
    }
)
#: Those among them that WeChat's console shows.
CONSOLE_KEYS: Final = frozenset(
    {
        "token",
        "encoding_aes_key",
        "previous_encoding_aes_key",
        "app_id",
        "app_secret",
        "api_base",
    }
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that is set for one process."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    #: Our choice of loopback: WeChat calls ports 80 and 443 only, so a proxy on the same machine
    #: stands in front, and nothing is open by accident. A container sets 0.0.0.0.
    host: Host = "127.0.0.1"
    #: 0 lets the system choose.
    port: Annotated[WholeNumber, Field(ge=0, le=65_535)] = 8080
    #: The address that followers and WeChat reach this server at.
    public_url: Url | None = None
    data_dir: DirectoryPath = Path("data")
    #: `sqlite:///path` or `postgresql://…`, which may hold a password; None is a file in
    #: `data_dir`.
    database_url: DatabaseUrl | None = field(default=None, repr=False)
    #: Whole months before the present one that questions and answers are kept for; None keeps
    #: everything, for a record that was lost by a default cannot be had back. The least leaves
    #: what a follower may still fetch or WeChat may still ask; the most is our choice.
    keep_months: Annotated[WholeNumber, Field(ge=1, le=MOST_MONTHS)] | None = None
    #: How long a stopping process finishes what it began. Our choice: Kubernetes kills 30 s after
    #: it asked, which leaves 5 s to close.
    drain_s: Annotated[Seconds, Field(ge=0, le=3600)] = 25.0
    #: Questions that may be open in the database, and attempts that may wait in this process. Our
    #: choice, see `engine.admission`: 530 MB and 200 MB at the most. The bounds are our choice.
    max_open_turns: Annotated[WholeNumber, Field(ge=1, le=1_000_000)] = 10_000
    max_held: Annotated[WholeNumber, Field(ge=0, le=1_000_000)] = 10_000
    #: Whether this process runs turns, where several share a PostgreSQL database, and how many at
    #: once. Our choice, as the bounds are: 1000 streams take up to half a core and some 30 MB
    #: (measured).
    workers: bool = True
    worker_concurrency: Annotated[WholeNumber, Field(ge=1, le=100_000)] = 1000
    #: Connections to PostgreSQL for the store of this process; five more are for jobs and signals.
    #: Our choice: by default six processes share PostgreSQL's usual 100; the bounds as well.
    database_connections: Annotated[WholeNumber, Field(ge=2, le=200)] = 10
    log_level: Annotated[
        Literal["debug", "info", "warning", "error", "critical"], BeforeValidator(folded)
    ] = "info"
    #: `auto` is console on a terminal, else json.
    log_format: Annotated[Literal["auto", "console", "json"], BeforeValidator(folded)] = "auto"
    accounts: tuple[AccountSettings, ...]
    providers: Annotated[Mapping[str, AnyProvider], AfterValidator(frozen)]
    #: What could be read but looks like a mistake.
    warnings: tuple[Problem, ...] = ()

    @property
    def database(self) -> str:
        """The URL of the database, whether set or not; it may hold a password."""
        return self.database_url or f"{SQLITE}/{self.data_dir / DATABASE_FILE}"

    @property
    def database_path(self) -> Path:
        """The SQLite file; of no use with PostgreSQL."""
        return sqlite_path(self.database) or self.data_dir / DATABASE_FILE

    @property
    def postgres_url(self) -> str | None:
        """Where the database on PostgreSQL is; None for SQLite."""
        return self.database if sqlite_path(self.database) is None else None

    @property
    def database_name(self) -> str:
        """What the database is called in logs: no user, no password, no option."""
        return shown_database(self.database)
