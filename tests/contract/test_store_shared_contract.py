"""What every store keeps of what processes know together: providers' health, and settings."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from support.stores import NOON, OPEN, Desk
from yingda.errors import FailureKind
from yingda.store.breaker_base import BreakerRecord
from yingda.store.snapshot_base import KeptSnapshot, Snapshot, SnapshotKind

OPENED = BreakerRecord(
    provider="dify",
    open_until=NOON + 30,
    tested_until=NOON + 90,
    doublings=2,
    kind=FailureKind.QUOTA,
    fingerprint="f1",
)
SHOP = Snapshot(kind=SnapshotKind.ACCOUNT, name="shop", fingerprint="f1")
#: An account and a provider may have the same name.
NAMESAKE = Snapshot(kind=SnapshotKind.PROVIDER, name="shop", fingerprint="f2")


@pytest.fixture(params=OPEN)
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    opened = Desk(request.param, tmp_path)
    await opened.open()
    yield opened
    await opened.close()


# Breakers


async def test_nothing_is_known_of_a_provider_at_first(desk: Desk) -> None:
    assert await desk.store.breakers() == ()
    assert await desk.store.breaker("dify") == BreakerRecord(provider="dify")


async def test_what_one_process_learnt_is_kept_whole_also_over_a_restart(desk: Desk) -> None:
    assert await desk.store.change_breaker(OPENED)
    kept = replace(OPENED, version=1)
    await desk.reopen()
    assert await desk.store.breaker("dify") == kept
    assert await desk.store.breakers() == (kept,)
    assert await desk.store.breaker("other") == BreakerRecord(provider="other")


async def test_each_change_counts_and_takes_the_place_of_the_last(desk: Desk) -> None:
    await desk.store.change_breaker(OPENED)
    closed = BreakerRecord(provider="dify", version=1, fingerprint="f2")
    assert await desk.store.change_breaker(closed)
    assert await desk.store.breaker("dify") == replace(closed, version=2)


@pytest.mark.parametrize("version", [0, 2])
async def test_nobody_changes_what_he_has_not_seen(desk: Desk, version: int) -> None:
    await desk.store.change_breaker(OPENED)
    assert not await desk.store.change_breaker(BreakerRecord(provider="dify", version=version))
    assert await desk.store.breaker("dify") == replace(OPENED, version=1)


@pytest.mark.parametrize("is_new", [True, False])
async def test_one_of_many_changes_it(desk: Desk, *, is_new: bool) -> None:
    if not is_new:
        await desk.store.change_breaker(OPENED)
    version = 0 if is_new else 1
    changes = [
        desk.store.change_breaker(replace(OPENED, version=version, doublings=n)) for n in range(20)
    ]
    done = await asyncio.gather(*changes)
    assert done.count(True) == 1
    expected = replace(OPENED, version=version + 1, doublings=done.index(True))
    assert await desk.store.breaker("dify") == expected


# Settings


async def test_what_a_process_starts_with_first_is_the_first_version(desk: Desk) -> None:
    assert await desk.store.snapshots() == ()
    await desk.store.keep_snapshots((NAMESAKE, SHOP), NOON)
    await desk.reopen()
    assert await desk.store.snapshots() == (
        KeptSnapshot(snapshot=SHOP, version=1, changed_at=NOON),
        KeptSnapshot(snapshot=NAMESAKE, version=1, changed_at=NOON),
    )


async def test_only_what_differs_has_a_new_version(desk: Desk) -> None:
    await desk.store.keep_snapshots((SHOP, NAMESAKE), NOON)
    await desk.store.keep_snapshots((replace(SHOP, fingerprint="f3"), NAMESAKE), NOON + 60)
    changed, kept = await desk.store.snapshots()
    assert (changed.version, changed.changed_at, changed.snapshot.fingerprint) == (
        2,
        NOON + 60,
        "f3",
    )
    assert (kept.version, kept.changed_at) == (1, NOON)


async def test_a_difference_is_kept_until_the_settings_change(desk: Desk) -> None:
    await desk.store.keep_snapshots((SHOP, NAMESAKE), NOON)
    (shop, _) = await desk.store.snapshots()
    await desk.store.note_difference(shop, NOON + 60)
    differed = [each.differed_at for each in await desk.store.snapshots()]
    assert differed == [NOON + 60, 0.0]
    await desk.store.keep_snapshots((replace(SHOP, fingerprint="f3"),), NOON + 120)
    await desk.store.note_difference(shop, NOON + 180)
    (anew, _) = await desk.store.snapshots()
    assert (anew.version, anew.differed_at) == (2, 0.0)


async def test_many_that_start_at_the_same_time_hinder_nobody(desk: Desk) -> None:
    sets = [(SHOP, NAMESAKE), (NAMESAKE, SHOP)] * 10
    await asyncio.gather(*(desk.store.keep_snapshots(each, NOON) for each in sets))
    assert [each.version for each in await desk.store.snapshots()] == [1, 1]


async def test_whoever_looks_from_outside_sees_them_and_the_key_that_tells_them_apart(
    desk: Desk,
) -> None:
    assert desk.settings_seen() == (None, ())
    key = await desk.store.secret("fingerprint")
    await desk.store.keep_snapshots((SHOP,), NOON)
    kept = KeptSnapshot(snapshot=SHOP, version=1, changed_at=NOON)
    assert desk.settings_seen() == (key, (kept,))
