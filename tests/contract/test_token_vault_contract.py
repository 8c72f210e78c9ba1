"""What every store keeps to as the vault of access tokens."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.stores import NOON, OPEN, Desk
from yingda.wechat.api_base import KeptToken

APP = "wx0123456789abcdef"
UNTIL = NOON + 20
TOKEN = KeptToken(
    value="t" * 512, refresh_at=NOON + 6900, expires_at=NOON + 7200, forced_at=NOON, forced_count=3
)


@pytest.fixture(params=OPEN)
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    opened = Desk(request.param, tmp_path)
    await opened.open()
    yield opened
    await opened.close()


async def leased(desk: Desk, at: float = NOON, until: float = UNTIL) -> int:
    lease = await desk.store.lease_token(APP, at=at, until=until)
    assert lease is not None
    return lease


async def test_there_is_no_token_at_first_nor_while_the_first_one_is_fetched(desk: Desk) -> None:
    assert await desk.store.kept_token(APP) is None
    await leased(desk)
    assert await desk.store.kept_token(APP) is None


async def test_a_kept_token_is_found_whole_also_after_a_restart(desk: Desk) -> None:
    assert await desk.store.keep_token(APP, await leased(desk), TOKEN)
    assert await desk.store.kept_token(APP) == TOKEN
    await desk.reopen()
    assert await desk.store.kept_token(APP) == TOKEN
    assert await desk.store.kept_token("wx_other") is None


async def test_one_of_many_gets_the_lease(desk: Desk) -> None:
    asked = [desk.store.lease_token(APP, at=NOON, until=UNTIL) for _ in range(20)]
    leases = await asyncio.gather(*asked)
    assert len([lease for lease in leases if lease is not None]) == 1


async def test_the_lease_of_one_account_is_not_that_of_another(desk: Desk) -> None:
    await leased(desk)
    assert await desk.store.lease_token("wx_other", at=NOON, until=UNTIL) is not None


async def test_a_lease_that_ran_out_passes_on_and_its_holder_changes_nothing(desk: Desk) -> None:
    dead = await leased(desk)
    assert await desk.store.lease_token(APP, at=UNTIL - 0.001, until=UNTIL + 20) is None
    alive = await leased(desk, at=UNTIL, until=UNTIL + 20)
    assert alive != dead
    assert not await desk.store.keep_token(APP, dead, TOKEN)
    await desk.store.end_lease(APP, dead)
    assert await desk.store.lease_token(APP, at=UNTIL + 1, until=UNTIL + 30) is None
    assert await desk.store.keep_token(APP, alive, TOKEN)


@pytest.mark.parametrize("end", ["kept", "failed"])
async def test_a_lease_ends_with_its_fetch(end: str, desk: Desk) -> None:
    lease = await leased(desk)
    if end == "kept":
        await desk.store.keep_token(APP, lease, TOKEN)
    else:
        await desk.store.end_lease(APP, lease)
    assert not await desk.store.keep_token(APP, lease, TOKEN)
    assert await leased(desk) != lease


async def test_a_new_fetch_leaves_the_token_until_it_has_another(desk: Desk) -> None:
    await desk.store.keep_token(APP, await leased(desk), TOKEN)
    await leased(desk)
    assert await desk.store.kept_token(APP) == TOKEN


async def test_a_clock_that_was_set_back_blocks_no_fetch(desk: Desk) -> None:
    await leased(desk, at=NOON + 3600, until=NOON + 3620)
    assert await leased(desk)
    assert await desk.store.lease_token(APP, at=NOON, until=UNTIL) is None
