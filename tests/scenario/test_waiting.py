"""Rules 1 to 3: answer at once, hold and join, or promise at the last chance."""

from pathlib import Path

import pytest

from support.house import open_house
from support.scripted_provider import Script
from yingda.simulator.platform import Mode


@pytest.mark.parametrize("mode", list(Mode))
async def test_a_quick_answer_is_the_reply_to_the_first_attempt(tmp_path: Path, mode: Mode) -> None:
    async with open_house(tmp_path, mode=mode) as house:
        house.provider.on("天空为什么蓝？", Script(text="因为瑞利散射。", after_s=1))
        seen = await house.run(house.phone().say("天空为什么蓝？"))
        assert "因为瑞利散射。" in seen.text
        assert len(seen.attempts) == 1
        assert seen.delay_s == pytest.approx(1.0, abs=0.05)
        assert house.provider.count("天空为什么蓝？") == 1


@pytest.mark.parametrize("answer_s", [4.0, 4.7, 4.95, 5.5, 7.0, 9.2, 9.7, 12.0, 14.3])
async def test_an_answer_within_the_three_windows_is_seen_the_moment_it_is_ready(
    tmp_path: Path, answer_s: float
) -> None:
    async with open_house(tmp_path) as house:
        house.provider.on("问", Script(text="慢慢想出来的回答。", after_s=answer_s))
        seen = await house.run(house.phone().say("问"))
        assert "慢慢想出来的回答。" in seen.text
        assert seen.delay_s == pytest.approx(answer_s, abs=0.05)
        assert house.provider.count("问") == 1
        assert not seen.is_failure_line


async def test_the_last_attempt_gets_a_promise_before_wechat_gives_up(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        house.provider.on("问", Script(text="很久以后的回答。", after_s=40))
        phone = house.phone()
        seen = await house.run(phone.say("问"))
        assert "正在思考" in seen.text
        assert len(seen.attempts) == 3
        assert seen.delay_s == pytest.approx(14.5, abs=0.05)
        await house.run(house.clock.sleep(30))
        picked_up = await house.run(phone.tap())
        assert "很久以后的回答。" in picked_up.text
        assert house.provider.count("问") == 1


async def test_without_patience_the_first_attempt_gets_the_promise(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        house.provider.on("问", Script(after_s=6))
        seen = await house.run(house.phone().say("问"))
        assert "正在思考" in seen.text
        assert len(seen.attempts) == 1
        assert seen.delay_s == pytest.approx(4.5, abs=0.05)
        assert house.platform.counters.recent_timeouts == 0


async def test_patience_is_spent_once_a_hold_and_comes_back_after_five_minutes(
    tmp_path: Path,
) -> None:
    # One provider may cause half of them.
    async with open_house(tmp_path, patience=6) as house:
        house.provider.default = Script(after_s=60)
        attempts = []
        for n in range(3):
            seen = await house.run(house.phone(f"o_{n}").say("问"))
            attempts.append(len(seen.attempts))
        assert attempts == [3, 2, 1]
        assert house.platform.counters.recent_timeouts == 3
        await house.run(house.clock.sleep(301))
        seen = await house.run(house.phone("o_later").say("问"))
        assert len(seen.attempts) == 3


async def test_two_attempts_at_the_same_time_ask_once_and_get_the_same_reply(
    tmp_path: Path,
) -> None:
    from yingda.simulator.platform import Way

    async with open_house(tmp_path) as house:
        house.provider.on("问", Script(text="只问一次。", after_s=2))
        seen = await house.run(house.phone().say("问", way=Way(is_doubled=True)))
        assert house.provider.count("问") == 1
        assert len(seen.attempts) == 2
        first, second = (attempt.verdict.shown for attempt in seen.attempts)
        assert first == second


async def test_a_lost_reply_is_sent_again_and_nothing_is_asked_twice(tmp_path: Path) -> None:
    from yingda.simulator.platform import Way

    async with open_house(tmp_path) as house:
        house.provider.on("问", Script(text="再来一遍。", after_s=1))
        seen = await house.run(house.phone().say("问", way=Way(lost_replies=frozenset({1}))))
        assert "再来一遍。" in seen.text
        assert len(seen.attempts) == 2
        assert house.provider.count("问") == 1
