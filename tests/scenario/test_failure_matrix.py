"""Every misbehaviour of a back end, played to a whole gateway over real HTTP.

The rows are data: `support.failure_rows`.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from structlog.testing import capture_logs

from support.failure_rows import STORIES
from support.failure_table import OPENAI, Outcome, Row, Story, cases, wire_of
from support.house import House, account
from support.odd_server import OddServer, SocketWatch, odd_server, tls_context
from support.scripted_provider import Script, ScriptedProvider
from support.senses import AMR, JPEG, MediaDesk, Plain, SmallWeb
from support.sentences import failure_sentence
from support.vendor_wire import PART, REST
from yingda.engine.accounts.accounts import PictureMode
from yingda.engine.asking.candidates import Standby
from yingda.engine.inputs.media_base import Media
from yingda.errors import FailureKind, ProviderUnavailable
from yingda.providers.base import Provider
from yingda.providers.breaker import BreakerRules
from yingda.providers.dify import Dify
from yingda.providers.dify_settings import AppMode, DifySettings
from yingda.providers.http import ProviderHttp
from yingda.providers.openai_compatible import OpenAiCompatible
from yingda.providers.openai_settings import OpenAiSettings
from yingda.sentences.failures import FAILURES
from yingda.simulator.platform import Mode
from yingda.texts import failure_key

_MODES = {
    "dify-chat": AppMode.ADVANCED_CHAT,
    "dify-completion": AppMode.COMPLETION,
    "dify-workflow": AppMode.WORKFLOW,
}
S = TypeVar("S", DifySettings, OpenAiSettings)

#: One failure that counts is enough to see that it does.
STANDBY = Standby(fallbacks={"model": ("spare",)}, breakers={"model": BreakerRules(failures=1)})
#: Beyond every deadline of a run.
_LONG_S = 700.0
_CASES = cases(STORIES)


def provider_of(name: str, row: Row, port: int, house: House) -> Provider:
    """The provider under test, as an operator would set it."""
    base_url = row.address.format(port=port)
    if name == OPENAI:
        model = OpenAiSettings(base_url=base_url, model="m", api_key="sk-sample")
        return OpenAiCompatible(changed(model, row), house.clock)
    app = DifySettings(
        base_url=base_url, api_key="app-sample", mode=_MODES[name], input_key="query"
    )
    return Dify(changed(app, row), house.clock)


def changed(settings: S, row: Row) -> S:
    """The settings with those of the row that are of this kind."""
    known = {name: row.settings[name] for name in row.settings if hasattr(settings, name)}
    return msgspec.structs.replace(settings, **known)


class Scene(msgspec.Struct, frozen=True):
    """A gateway whose provider misbehaves."""

    house: House
    spare: ScriptedProvider
    server: OddServer


@asynccontextmanager
async def scene(folder: Path, name: str, row: Row) -> AsyncIterator[Scene]:
    house = House(folder, Mode.PLAIN, (account(provider="model", pictures=PictureMode.ASK),))
    house.standby = STANDBY
    house.clock.while_busy(SocketWatch())
    spare = ScriptedProvider(house.clock, Script(fail=ProviderUnavailable("x")))
    wire = wire_of(name)
    good = wire.answer(PART, REST)
    plays = [row.play(wire)]
    if row.in_conversation:
        plays = [good, *plays, good]
    if row.passes_after is not None:
        plays = [*plays * row.passes_after, good]
    async with odd_server(
        house.clock,
        plays,
        parameters=row.parameters,
        tls=tls_context(folder) if row.has_tls else None,
    ) as server:
        equip(house)
        house.providers = {"model": provider_of(name, row, server.port, house), "spare": spare}
        await house.open()
        try:
            yield Scene(house, spare, server)
        finally:
            await house.clock.run(house.close())


def equip(house: House) -> None:
    """Let followers send pictures, which are questions of their own, and recordings."""
    web, desk = SmallWeb(house.clock), MediaDesk(house.clock)
    web.files["http://mmbiz.qpic.cn/simulator/0"] = JPEG
    desk.files |= {"media-voice": AMR, "media-voice-16k": AMR}
    house.media = Media(fetching=web, converting=Plain())
    house.apis["default"] = desk


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that providers posted to, also where nobody was there."""
    paths: list[str] = []
    really = ProviderHttp.open

    async def counted(self: ProviderHttp, method: str, path: str, **options: Any) -> Any:
        if method == "POST":
            paths.append(path)
        return await really(self, method, path, **options)

    monkeypatch.setattr(ProviderHttp, "open", counted)
    return paths


@pytest.fixture(autouse=True)
def no_such_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are not found, at once and wherever the tests run."""

    async def lost(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", lost)


async def shown_by(house: House, sends: str, number: int) -> str:
    """Everything that a follower reads of question `number`, without another one."""
    phone = house.phone()
    for _ in range(number - 1):
        await house.run(phone.say("先问"))
    begin = len(phone.history)
    match sends:
        case "picture":
            await house.run(phone.send_image())
        case "voice":
            await house.run(phone.send_voice())
        case _:
            await house.run(phone.say("问"))
    await house.pass_s(_LONG_S)
    for _ in range(3):
        if not house.rows("SELECT 1 FROM turn WHERE is_unread = 1"):
            break
        await house.run(phone.say("1"))
    return "\n".join(bubble.text for bubble in phone.history[begin:] if not bubble.is_mine)


@pytest.mark.parametrize(
    ("name", "story", "row"), _CASES, ids=[f"{row.name}-{name}" for name, _, row in _CASES]
)
async def test_each_misbehaviour_ends_as_its_story_says(
    tmp_path: Path, asked: list[str], name: str, story: Story, row: Row
) -> None:
    async with scene(tmp_path, name, row) as here:
        number = 2 if row.in_conversation else 1
        with capture_logs() as logs:
            text = await shown_by(here.house, row.sends, number)
        del asked[: number - 1]
        assert outcome_of(text, logs, asked, here, number) == story.outcome
        reached = len(here.server.bodies) - number + 1
        assert reached == (len(asked) if is_reached(row) else 1 - number)


def is_reached(row: Row) -> bool:
    """Whether the scripted server is at the provider's address, and can be spoken to."""
    return row.address.startswith("http://127.0.0.1:{port}")


def outcome_of(text: str, logs: list[Any], asked: list[str], here: Scene, number: int) -> Outcome:
    """What came of it, as the follower, the log and the record tell."""
    keys = [key for key in FAILURES if failure_sentence(key, number=number) in text]
    ((failure,),) = here.house.rows("SELECT failure FROM turn ORDER BY id DESC LIMIT 1")
    assert keys == ([] if failure is None else [_key_of(failure, has_text=PART in text)])
    told = [line for line in logs if line["event"] in {"provider_failed", "recording_not_heard"}]
    told = [line for line in told if line.get("provider", "model") == "model"]
    opened = [line for line in logs if line["event"] == "breaker_opened"]
    assert len(told) <= 1
    assert all(line["mend"] and line["detail"] for line in told)
    return Outcome(
        reads=keys[0] if keys else None,
        part=PART in text,
        retry="retry" in text,
        logged=FailureKind(told[0]["kind"]) if told else None,
        asked=len(asked),
        falls_back=bool(here.spare.calls),
        counts=any(line["provider"] == "model" for line in opened),
    )


def _key_of(failure: str, *, has_text: bool) -> str:
    return failure_key(FailureKind(failure), has_text=has_text)
