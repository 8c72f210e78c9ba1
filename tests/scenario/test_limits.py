"""What a follower may ask, who may ask at all, and what those read who may not."""

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from support.house import open_house
from support.scripted_provider import Script
from yingda.engine.intake.admission import Capacity
from yingda.simulator.verdict import Outcome
from yingda.texts import Texts

TEXTS = Texts()


# In all


async def test_a_question_over_the_bound_is_refused_politely_and_costs_nothing(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path, capacity=Capacity(max_open_turns=2), patience=0) as house:
        house.provider.default = Script(after_s=30)
        await house.together(*(house.phone(f"o_{n}").say("问") for n in range(2)))
        seen = await house.run(house.phone("o_late").say("问"))
        assert seen.text == TEXTS.say("busy")
        assert len(house.provider.calls) == 2
        await house.pass_s(60)
        house.provider.default = Script(text="现在可以了。")
        assert "现在可以了。" in (await house.run(house.phone("o_late").say("问"))).text


async def test_who_is_refused_may_still_fetch_clear_and_ask_for_help(tmp_path: Path) -> None:
    async with open_house(tmp_path, capacity=Capacity(max_open_turns=1), patience=0) as house:
        phone = house.phone()
        house.provider.on("先", Script(text="先答的。"))
        await house.run(phone.say("先"))
        house.provider.default = Script(after_s=60)
        await house.run(house.phone("o_other").say("占住"))
        assert (await house.run(phone.say("后"))).text == TEXTS.say("busy")
        assert "先答的。" in (await house.run(phone.say("1"))).text
        assert (await house.run(phone.say("/clear"))).text == TEXTS.say("cleared")


# A follower's own


async def test_who_asks_too_fast_is_told_the_minute_in_the_account_s_time(tmp_path: Path) -> None:
    async with open_house(tmp_path, rate_per_minute=2) as house:
        phone = house.phone()
        for _ in range(2):
            assert "回答" in (await house.run(phone.say("问"))).text
        refused = await house.run(phone.say("问"))
        # The house opens at 08:00:00 in Shanghai, which is eight hours ahead of UTC.
        assert refused.text == TEXTS.say("too_fast", time="08:01")
        await house.pass_s(60)
        assert "回答" in (await house.run(phone.say("问"))).text
        assert house.provider.count("问") == 3


async def test_the_day_s_questions_come_back_at_midnight_of_the_account_s_zone(
    tmp_path: Path,
) -> None:
    zone = ZoneInfo("America/New_York")
    async with open_house(tmp_path, daily_questions=2, time_zone=zone) as house:
        phone = house.phone()
        for _ in range(2):
            await house.run(phone.say("问"))
        assert (await house.run(phone.say("问"))).text == TEXTS.say("daily_limit", count=2)
        now = dt.datetime.fromtimestamp(house.clock.now(), zone)
        midnight = dt.datetime.combine(now.date() + dt.timedelta(days=1), dt.time(), zone)
        await house.pass_s((midnight - now).total_seconds() - 5)
        assert (await house.run(phone.say("问"))).text == TEXTS.say("daily_limit", count=2)
        await house.pass_s(5)
        assert "回答" in (await house.run(phone.say("问"))).text


async def test_commands_pickups_and_repeats_cost_no_quota(tmp_path: Path) -> None:
    async with open_house(tmp_path, daily_questions=2) as house:
        phone = house.phone()
        await house.run(phone.say("一"))
        await house.repeat()
        for word in ("1", "/clear", "/help", "1"):
            await house.run(phone.say(word))
        assert "回答" in (await house.run(phone.say("二"))).text
        assert house.provider.count("一") == 1


async def test_a_restart_gives_nobody_a_new_day(tmp_path: Path) -> None:
    async with open_house(tmp_path, daily_questions=1) as house:
        phone = house.phone()
        await house.run(phone.say("一"))
        await house.restart()
        assert (await house.run(phone.say("二"))).text == TEXTS.say("daily_limit", count=1)


async def test_a_refusal_is_repeated_as_it_was_even_on_the_next_day(tmp_path: Path) -> None:
    async with open_house(tmp_path, daily_questions=1, freshness_s=200_000) as house:
        phone = house.phone()
        await house.run(phone.say("一"))
        refused = await house.run(phone.say("二"))
        await house.pass_s(86_400)
        verdict, _ = await house.repeat()
        assert verdict.shown == refused.shown
        assert house.provider.count("二") == 0


# Who may ask


@pytest.mark.parametrize("word", ["问", "1", "/clear", "/help", " "])
async def test_a_blocked_follower_costs_nothing_and_is_told_so(tmp_path: Path, word: str) -> None:
    async with open_house(tmp_path, blocked=frozenset({"o_bad"})) as house:
        seen = await house.run(house.phone("o_bad").say(word))
        assert seen.text == TEXTS.say("blocked")
        assert house.provider.calls == []
        assert house.rows("SELECT * FROM push") == house.rows("SELECT * FROM turn") == []
        assert "回答" in (await house.run(house.phone("o_good").say("问"))).text


async def test_a_blocked_follower_may_be_met_with_silence(tmp_path: Path) -> None:
    blocked = frozenset({"o_bad"})
    async with open_house(tmp_path, blocked=blocked, is_blocked_told=False) as house:
        seen = await house.run(house.phone("o_bad").say("问"))
        assert (seen.shown, seen.is_failure_line) == ((), False)
        assert seen.deciding.outcome is Outcome.ACCEPTED


async def test_with_a_list_of_guests_everybody_else_is_told_what_to_do(tmp_path: Path) -> None:
    async with open_house(tmp_path, allowed=frozenset({"o_guest"})) as house:
        assert "回答" in (await house.run(house.phone("o_guest").say("问"))).text
        seen = await house.run(house.phone("o_other").say("问"))
        assert seen.text == TEXTS.say("not_allowed")
        assert len(house.provider.calls) == 1


async def test_who_is_on_both_lists_is_blocked(tmp_path: Path) -> None:
    both = frozenset({"o_both"})
    async with open_house(tmp_path, allowed=both, blocked=both) as house:
        seen = await house.run(house.phone("o_both").say("问"))
        assert seen.text == TEXTS.say("blocked")


async def test_events_of_a_blocked_follower_are_handled_as_ever(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone("o_bad")
        house.provider.default = Script(after_s=60)
        await house.run(phone.say("问"))
        await house.change(blocked=frozenset({"o_bad"}))
        assert (await house.run(phone.unfollow())).is_failure_line is False
        assert house.rows("SELECT state FROM turn") == [("cancelled",)]
        assert (await house.run(phone.follow())).text == TEXTS.say("welcome", word="1")


async def test_a_tap_on_the_menu_is_a_message_of_who_may_not_ask(tmp_path: Path) -> None:
    async with open_house(tmp_path, allowed=frozenset({"o_guest"})) as house:
        seen = await house.run(house.phone("o_other").click("/clear"))
        assert seen.text == TEXTS.say("not_allowed")
