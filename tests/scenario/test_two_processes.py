"""One process runs a turn, another one answers for it: by signals, and without them too."""

import re
from contextlib import AbstractAsyncContextManager
from itertools import cycle
from pathlib import Path

import pytest

from support.first_parts import COMING, LABEL, PROSE, SAY, body, read_on, slowly
from support.pair import Pair, open_pair
from support.pushing import body as pushed_body
from support.pushing import prose, pushed
from support.scripted_provider import Script
from yingda.engine.accounts.accounts import PushMode
from yingda.signals.base import Topic

CANCELLED = SAY("cancelled")


# Ends


@pytest.mark.parametrize(("landing", "after_s"), [("AB", 7.0), ("AB", 12.3), ("BA", 7.0)])
async def test_a_retry_elsewhere_joins_and_is_answered_in_the_very_moment(
    tmp_path: Path, landing: str, after_s: float
) -> None:
    async with open_pair(tmp_path) as pair:
        pair.provider.on("问", Script(text="好的。", after_s=after_s))
        pair.landing = landing
        seen = await pair.run(pair.phone().say("问"))
        assert seen.text.startswith("好的。")
        assert seen.delay_s == pytest.approx(after_s, abs=0.05)
        assert pair.provider.count("问") == 1


async def test_a_deaf_process_answers_within_half_a_second_by_looking(tmp_path: Path) -> None:
    async with open_pair(tmp_path) as pair:
        pair.deafen()
        pair.provider.on("问", Script(text="好的。", after_s=7.2))
        pair.landing = "AB"
        seen = await pair.run(pair.phone().say("问"))
        assert seen.text.startswith("好的。")
        assert 7.2 <= seen.delay_s <= 7.75


async def test_who_goes_deaf_while_an_attempt_waits_looks_too(tmp_path: Path) -> None:
    async with open_pair(tmp_path) as pair:
        pair.provider.on("问", Script(text="好的。", after_s=7.2))
        pair.landing = "AB"

        async def deafen() -> None:
            pair.deafen()

        seen = await pair.interrupted(pair.phone().say("问"), 6, deafen())
        assert 7.2 <= seen.delay_s <= 7.75


async def test_a_lost_end_is_found_at_the_next_time_of_the_window(tmp_path: Path) -> None:
    async with open_pair(tmp_path) as pair:
        pair.lose()
        pair.provider.on("问", Script(text="好的。", after_s=7.2))
        pair.landing = "AB"
        seen = await pair.run(pair.phone().say("问"))
        assert seen.text.startswith("好的。")
        assert seen.delay_s == pytest.approx(9.5, abs=0.05)


async def test_an_attempt_that_waited_while_signals_were_missed_looks_once_they_are_back(
    tmp_path: Path,
) -> None:
    async with open_pair(tmp_path) as pair:
        pair.provider.on("问", Script(text="好的。", after_s=7.2))
        pair.landing = "AB"

        async def miss() -> None:
            pair.others_signals._is_cut = True
            await pair.clock.sleep(1.0)
            pair.others_signals.cut(is_cut=False)

        seen = await pair.interrupted(pair.phone().say("问"), 7, miss())
        assert seen.delay_s == pytest.approx(8.0, abs=0.05)


async def test_a_gateway_starts_its_signals_and_closes_them(tmp_path: Path) -> None:
    async with open_pair(tmp_path) as pair:
        heard = (pair.hub.members[0], pair.others_signals)
        assert [each.is_deaf for each in heard] == [False, False]
    assert [each.is_deaf for each in heard] == [True, True]


# Texts


async def test_the_first_part_is_offered_of_what_another_process_writes(tmp_path: Path) -> None:
    async with open_pair(tmp_path) as pair:
        pair.provider.on("问", slowly())
        pair.landing = "AAB"
        seen = await pair.run(pair.phone().say("问"))
        assert seen.delay_s == pytest.approx(14.5, abs=0.05)
        assert PROSE.startswith(body(seen.text))
        assert len(body(seen.text)) >= 40
        assert COMING in seen.text


async def test_parts_shown_by_both_join_to_the_whole(tmp_path: Path) -> None:
    async with open_pair(tmp_path, patience=0) as pair:
        phone = pair.phone()
        pair.provider.on("问", slowly(during_s=60.0))
        pair.landing = "BA" * 100
        shown = await read_on(pair, phone, (await pair.run(phone.say("问"))).text)
        assert len(shown) > 2
        assert "".join(map(body, shown)) == PROSE
        numbers = [re.findall(r"（(\d+)(?:/\d+)?）", each)[-1:] for each in shown]
        assert numbers == [[str(n + 1)] for n in range(len(shown))]
        assert LABEL in shown[-1]


async def test_a_pickup_elsewhere_says_how_far_the_answer_is(tmp_path: Path) -> None:
    async with open_pair(tmp_path, patience=0) as pair:
        phone = pair.phone()
        pair.provider.on("问", Script(text=PROSE, during_s=100.0))
        pair.landing = "AB"
        assert COMING in (await pair.run(phone.say("问"))).text
        seen = await pair.run(phone.say("1"))
        assert f"{len(PROSE)}" in seen.text
        assert seen.text.startswith("正在写")
        assert seen.delay_s == pytest.approx(4.5, abs=0.05)


@pytest.mark.parametrize(("fault", "delay_s"), [("deafen", 14.5), ("lose", 14.6)])
async def test_without_signals_the_first_part_falls_back_to_a_promise(
    tmp_path: Path, fault: str, delay_s: float
) -> None:
    async with open_pair(tmp_path) as pair:
        getattr(pair, fault)()
        phone = pair.phone()
        pair.provider.on("问", slowly())
        pair.landing = "AAB"
        seen = await pair.run(phone.say("问"))
        assert seen.text.startswith("正在思考")
        assert seen.delay_s == pytest.approx(delay_s, abs=0.05)
        # Nothing is lost but time.
        await pair.pass_s(10)
        assert body((await pair.run(phone.say("1"))).text) == PROSE


async def test_a_pickup_without_signals_is_told_in_time_that_it_is_being_written(
    tmp_path: Path,
) -> None:
    async with open_pair(tmp_path, patience=0) as pair:
        phone = pair.phone()
        pair.provider.on("问", Script(text="短。", during_s=100.0))
        await pair.run(phone.say("问"))
        pair.lose()
        pair.landing = "B"
        seen = await pair.run(phone.say("1"))
        assert len(seen.attempts) == 1
        assert seen.delay_s == pytest.approx(4.6, abs=0.05)
        assert "已经想了" in seen.text


async def test_most_signals_may_be_lost_and_no_follower_reads_anything_wrong(
    tmp_path: Path,
) -> None:
    async with open_pair(tmp_path, patience=0) as pair:
        phone, luck = pair.phone(), cycle((True, False, True))
        pair.hub.loses = lambda _topic, _body: next(luck)
        pair.provider.on("问", slowly(during_s=60.0))
        pair.landing = "BBA" * 100
        shown = await read_on(pair, phone, (await pair.run(phone.say("问"))).text)
        assert "".join(body(each) for each in shown if "正在思考" not in each) == PROSE
        assert pair.platform.counters.failure_lines == 0


# Stops


def stopped(pair: Pair) -> list[tuple[object, ...]]:
    return pair.rows("SELECT state, answer FROM turn ORDER BY id")


@pytest.mark.parametrize("landing", ["AB", "BA"])
async def test_a_stop_elsewhere_ends_the_run_and_keeps_what_came(
    tmp_path: Path, landing: str
) -> None:
    async with open_pair(tmp_path) as pair:
        phone = pair.phone()
        pair.provider.on("问", Script(text="前半。后半。", chunks=2, after_s=1, during_s=40))
        pair.landing = landing
        seen, said = await pair.together(phone.say("问"), pair.after(3, phone.say("/stop")))
        assert said.text == SAY("stopped", count=1)
        assert seen.text == CANCELLED
        assert seen.delay_s == pytest.approx(3, abs=0.05)
        await pair.pass_s(60)
        assert [stop.task_id for stop in pair.provider.stops] == ["task-1"]
        assert (pair.provider.running, pair.provider.closed_early) == (0, 1)
        assert stopped(pair) == [("cancelled", "前半。")]
        # Whoever hears of it tells it to nobody.
        assert pair.hub.count(Topic.CANCEL) == (landing == "AB")
        assert pair.hub.count(Topic.END) == 1


async def test_a_stop_that_the_other_process_never_hears_of_changes_the_record_all_the_same(
    tmp_path: Path,
) -> None:
    async with open_pair(tmp_path) as pair:
        phone = pair.phone()
        pair.lose()
        pair.provider.on("问", Script(text="前半。后半。", chunks=2, after_s=1, during_s=20))
        pair.landing = "AB"
        seen, said = await pair.together(phone.say("问"), pair.after(3, phone.say("/stop")))
        assert (seen.text, said.text) == (CANCELLED, SAY("stopped", count=1))
        await pair.pass_s(60)
        assert pair.provider.stops == []
        assert stopped(pair) == [("cancelled", "前半。后半。")]


# Parts that are sent by themselves


def open_pushing_pair(folder: Path) -> AbstractAsyncContextManager[Pair]:
    return open_pair(folder, patience=0, push_fingerprint="a", push_mode=PushMode.AUTO)


async def test_parts_are_pushed_of_what_another_process_writes(tmp_path: Path) -> None:
    async with open_pushing_pair(tmp_path) as pair:
        phone, text = pair.phone(), prose(100)
        pair.provider.on("问", slowly(text, during_s=60.0))
        pair.landing = "B"
        assert (await pair.run(phone.say("问"))).text == ""
        await pair.pass_s(50)
        assert len(pushed(phone)) >= 2
        assert "".join(text.split()).startswith(pushed_body(*pushed(phone)))
        await pair.pass_s(11)
        assert pushed_body(*pushed(phone)) == "".join(text.split())
        # Every character was told once.
        told = [body for _, topic, body in pair.hub.told if topic is Topic.TEXT]
        assert sum(len(each.split(" ", 6)[6]) for each in told) <= len(text)


@pytest.mark.parametrize(("fault", "at_most_s"), [("deafen", 1.1), ("lose", 5.1)])
async def test_what_another_process_wrote_is_pushed_soon_after_its_end_without_signals(
    tmp_path: Path, fault: str, at_most_s: float
) -> None:
    async with open_pushing_pair(tmp_path) as pair:
        getattr(pair, fault)()
        phone, text = pair.phone(), prose(100)
        pair.provider.on("问", Script(text=text, after_s=33.3))
        pair.landing = "B"
        await pair.run(phone.say("问"))
        await pair.pass_s(33.2 - pair.clock.monotonic())
        assert pushed(phone) == []
        await pair.pass_s(at_most_s + 0.2)
        assert pushed_body(*pushed(phone)) == "".join(text.split())
