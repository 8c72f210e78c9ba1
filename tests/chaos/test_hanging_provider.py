"""A provider that says nothing for an hour: turns end, nobody is locked out, and it passes."""

from pathlib import Path

import pytest

from support.house import House, open_house
from support.scripted_provider import Script
from support.sentences import failure_text
from yingda.engine.asking.asking import RUN_LIMIT_S
from yingda.errors import FailureKind
from yingda.simulator.phone import Phone
from yingda.texts import SENTENCES

HOUR_S = 3600.0
FOLLOWERS = 5
#: How often each follower writes. Our choice: often enough to fill the queue.
EVERY_S = 150.0
#: The beginnings of what may be said meanwhile.
EXPECTED = [
    SENTENCES[key].zh.partition("{")[0]
    for key in (
        "waiting",
        "waiting_queued",
        "waiting_thinking",
        "queue_full",
        "failed_timeout",
        "again",
        "quote",
    )
]


async def go_on_writing(house: House, phone: Phone) -> list[str]:
    """Ask, and fetch, in turn, for an hour."""
    shown = []
    n = 0
    while house.clock.monotonic() < HOUR_S:
        seen = await phone.say(f"问 {phone.openid} {n}" if n % 2 == 0 else "1")
        assert not seen.is_failure_line
        shown.append(seen.text)
        n += 1
        await house.clock.sleep(EVERY_S)
    return shown


async def live_through_an_hour(house: House) -> list[Phone]:
    house.provider.default = Script(started_after_s=1_000_000)
    phones = [house.phone(f"o_{number}") for number in range(FOLLOWERS)]
    heard = await house.together(*(go_on_writing(house, phone) for phone in phones))
    for texts in heard:
        assert all(any(start in text for start in EXPECTED) for text in texts)
    house.provider.default = Script(text="又好了。")
    return phones


async def test_every_turn_ends_by_its_deadline(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        await live_through_an_hour(house)
        await house.pass_s(2 * RUN_LIMIT_S)
        took = house.rows("SELECT max(ended_at - run_started_at) FROM turn")[0][0]
        assert took == pytest.approx(RUN_LIMIT_S, abs=1)
        assert {state for (state,) in house.rows("SELECT state FROM turn")} <= {
            "failed",
            "answered",
        }
        assert house.rows("SELECT DISTINCT failure FROM turn WHERE state = 'failed'") == [
            ("timeout",)
        ]
        assert house.provider.running == 0


async def test_nobody_is_locked_out_when_it_has_passed(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phones = await live_through_an_hour(house)
        await house.pass_s(2 * RUN_LIMIT_S)
        for phone in phones:
            assert "又好了。" in (await house.run(phone.say("还在吗"))).text
            # What ended in the meantime is still to be read, each once.
            unread = house.rows("SELECT count(*) FROM turn WHERE is_unread")[0][0]
            heard = [(await house.run(phone.say("1"))).text for _ in range(5)]
            assert any("想得太久" in text for text in heard)
            assert house.rows("SELECT count(*) FROM turn WHERE is_unread")[0][0] < unread
        assert house.platform.counters.failure_lines == 0


async def test_a_restart_in_that_hour_neither_loses_a_turn_nor_asks_without_end(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        house.provider.default = Script(started_after_s=1_000_000)
        phone = house.phone()
        assert "稍后回复" in (await house.run(phone.say("问"))).text
        await house.pass_s(600)
        await house.restart()
        await house.pass_s(RUN_LIMIT_S + 1)
        assert house.rows("SELECT state, failure FROM turn") == [("failed", "timeout")]
        assert failure_text(FailureKind.TIMEOUT) in (await house.run(phone.say("1"))).text
        assert house.provider.count("问") == 2
