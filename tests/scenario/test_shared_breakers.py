"""Two gateways on one database: what one learns of a provider's health holds for both."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from support.house import TOKEN, House, account
from support.scripted_provider import Script, ScriptedProvider
from support.signals import Hub
from support.spare import BACKED_UP, house_with_spare
from yingda.app import Gateway
from yingda.errors import ProviderUnavailable
from yingda.simulator.phone import Phone
from yingda.simulator.platform import Mode, Platform, SimulatedAccount
from yingda.simulator.transport import AsgiTransport
from yingda.store.snapshot_base import Snapshot, SnapshotKind

DOWN = Script(fail=ProviderUnavailable("no connection"))
WELL = Script(text="我好了。")


class _SameStore:
    """The house's own store, which the house closes."""

    def __init__(self, house: House) -> None:
        self._house = house

    def __getattr__(self, name: str) -> Any:
        return getattr(self._house._store, name)

    async def close(self) -> None:
        """It is in use."""


class Neighbour:
    """Another gateway on the house's database, with the same provider and a spare one."""

    def __init__(self, house: House, hub: Hub) -> None:
        self.provider = ScriptedProvider(house.clock, WELL)
        spare = ScriptedProvider(house.clock, Script(text="备用的回答。"))
        store: Any = _SameStore(house)
        self.gateway = Gateway(
            accounts=(account(),),
            providers={"scripted": self.provider, "spare": spare},
            store=store,
            pseudonym_key=b"k" * 32,
            clock=house.clock,
            standby=BACKED_UP,
            signals=hub.signals(),
        )
        transport = AsgiTransport(self.gateway.application, "/wechat/default")
        simulated = SimulatedAccount(account_id="gh_default", token=TOKEN, mode=Mode.PLAIN)
        self._platform = Platform(simulated, transport, house.clock)

    def phone(self, openid: str) -> Phone:
        """A follower whom this gateway answers."""
        return Phone(self._platform, openid)


@asynccontextmanager
async def neighbours(folder: Path) -> AsyncIterator[tuple[House, Neighbour]]:
    hub = Hub()
    async with house_with_spare(folder) as (house, _):
        house.signals = hub.signals()
        await house.restart()
        other = Neighbour(house, hub)
        await house.run(other.gateway.start())
        yield house, other
        await house.run(other.gateway.stop())


async def test_a_provider_that_failed_one_gateway_is_left_alone_by_both_and_asked_again_by_both(
    tmp_path: Path,
) -> None:
    async with neighbours(tmp_path) as (house, other):
        house.provider.default = DOWN
        for n in range(5):
            await house.run(house.phone().say(f"问{n}"))
        await house.pass_s(1)
        there = other.phone("o_there")
        assert "备用的回答。" in (await house.run(there.say("问"))).text
        assert other.provider.calls == []
        await house.pass_s(30)
        house.provider.default = WELL
        assert "我好了。" in (await house.run(there.say("又问"))).text
        await house.pass_s(1)
        assert "我好了。" in (await house.run(house.phone().say("再问"))).text


async def test_of_the_questions_at_both_gateways_exactly_one_tests_it(tmp_path: Path) -> None:
    async with neighbours(tmp_path) as (house, other):
        house.provider.default = DOWN
        for n in range(5):
            await house.run(house.phone().say(f"问{n}"))
        await house.pass_s(31)
        asked_before = len(house.provider.calls)
        house.provider.default = other.provider.default = Script(text="我好了。", after_s=2)
        here = [house.phone(f"o_here_{n}").say("问") for n in range(3)]
        there = [other.phone(f"o_there_{n}").say("问") for n in range(3)]
        seen = await house.together(*here, *there)
        assert sorted("我好了。" in each.text for each in seen) == [False] * 5 + [True]
        assert len(house.provider.calls) + len(other.provider.calls) == asked_before + 1


async def test_a_gateway_that_starts_anew_knows_what_the_last_one_learnt(tmp_path: Path) -> None:
    async with neighbours(tmp_path) as (house, _):
        house.provider.default = DOWN
        for n in range(5):
            await house.run(house.phone().say(f"问{n}"))
        await house.pass_s(1)
        await house.restart()
        assert "备用的回答。" in (await house.run(house.phone().say("问"))).text
        assert len(house.provider.calls) == 5


async def test_a_gateway_that_starts_with_other_settings_asks_again_and_counts_their_version(
    tmp_path: Path,
) -> None:
    async with house_with_spare(tmp_path) as (house, _):
        house.snapshots = (snapshot("an old key"),)
        await house.restart()
        house.provider.default = DOWN
        for n in range(5):
            await house.run(house.phone().say(f"问{n}"))
        await house.pass_s(1)
        house.provider.default = WELL
        house.snapshots = (snapshot("a new key"),)
        await house.restart()
        assert "我好了。" in (await house.run(house.phone().say("问"))).text
        assert house.rows("SELECT name, version FROM settings_snapshot") == [("scripted", 2)]


def snapshot(fingerprint: str) -> Snapshot:
    return Snapshot(kind=SnapshotKind.PROVIDER, name="scripted", fingerprint=fingerprint)
