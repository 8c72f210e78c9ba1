"""What is told of a database on PostgreSQL: whether it can be reached, and what is the matter."""

import pytest

from support.postgres import server
from yingda.clock import SystemClock
from yingda.config import load
from yingda.doctor.base import Findings, Status
from yingda.doctor.spending import check_spending
from yingda.doctor.store_postgres import check_postgres
from yingda.postgres.address import address_of
from yingda.store.postgres import open_postgres
from yingda.store.postgres_opening import upgrade


async def looked_at(url: str) -> Findings:
    settings = load(
        {
            "YINGDA_WECHAT_TOKEN": "z9Xw8",
            "YINGDA_DIFY_API_KEY": "app-9aB8cD7eF6gH5iJ4kL3mN2oP",
            "YINGDA_DATABASE_URL": url.replace("postgres@", "postgres:hush-hush@"),
        }
    )
    assert await check_spending(settings, SystemClock()) == ()
    return await check_postgres(settings)


@pytest.fixture
def url() -> str:
    return server().url(server().empty())


async def test_an_empty_database_is_new_and_stays_empty(url: str) -> None:
    (found,) = await looked_at(url)
    assert (found.code, found.status) == ("store_new", Status.OK)


async def test_one_with_our_tables_is_reached(url: str) -> None:
    upgrade(address_of(url))
    found, processes = await looked_at(url)
    assert (found.code, found.status) == ("store_reached", Status.OK)
    assert (processes.code, processes.status) == ("store_no_process", Status.OK)


async def test_the_processes_that_live_are_told_and_that_none_asks_the_ai(url: str) -> None:
    store = await open_postgres(url)
    try:
        now = await store.time()
        await store.beat(1, now, runs_turns=False, forget_before=0.0)
        await store.beat(2, now - 60, runs_turns=True, forget_before=0.0)
        _, processes = await looked_at(url)
        assert (processes.code, processes.status) == ("store_no_worker", Status.FAILED)
        await store.beat(2, now, runs_turns=True, forget_before=0.0)
        _, processes = await looked_at(url)
    finally:
        await store.close()
    assert (processes.code, processes.status) == ("store_processes", Status.OK)
    assert "2" in str(processes)


async def test_one_of_an_older_yingda_is_told_with_the_mend(url: str) -> None:
    upgrade(address_of(url), "0005")
    (found,) = await looked_at(url)
    assert (found.code, found.status) == ("store_refused", Status.FAILED)
    assert "start `yingda serve` once" in str(found)


async def test_one_that_cannot_be_reached_is_told_without_the_password() -> None:
    (found,) = await looked_at("postgresql://postgres@127.0.0.1:1/yingda")
    assert found.code == "store_refused"
    assert "cannot be reached" in str(found)
    assert "hush" not in str(found)
