"""A follower's queue is bounded, and who is refused is told so."""

from pathlib import Path

from support.house import House, open_house
from support.scripted_provider import Script
from yingda.simulator.phone import Phone
from yingda.simulator.platform import Delivered, Way


async def flood(house: House, phone: Phone, count: int) -> list[Delivered]:
    """So many questions in one second; each would take 10 s to answer."""
    house.provider.default = Script(after_s=10)
    return await house.together(
        *(house.after(n / count, phone.say(f"问题{n}")) for n in range(count))
    )


async def test_three_may_wait_behind_the_running_one_and_the_next_is_refused(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path, patience=0) as house:
        seen = await flood(house, house.phone(), 6)
        assert ["先不收了" in one.text for one in seen] == [False] * 4 + [True] * 2
        assert not any(one.is_failure_line for one in seen)
        await house.pass_s(60)
        assert [prompt.text for prompt in house.provider.calls] == [f"问题{n}" for n in range(4)]


async def test_another_limit_is_kept_as_well(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0, queue_limit=0) as house:
        seen = await flood(house, house.phone(), 2)
        assert ["先不收了" in one.text for one in seen] == [False, True]


async def test_the_repeats_of_a_refused_question_are_refused_even_when_there_is_room(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone()
        await flood(house, phone, 5)
        first = next(b.text for b in phone.history if "先不收了" in b.text)
        at = next(n for n, request in enumerate(house.requests) if "问题4".encode() in request.body)
        await house.pass_s(60)
        verdict, _ = await house.repeat(at)
        assert verdict.shown == (first,)
        assert house.provider.count("问题4") == 0


async def test_a_refused_question_whose_reply_is_lost_is_refused_again(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone()
        house.provider.default = Script(after_s=1.5)
        way = Way(lost_replies=frozenset({1}), delays_s=(0.0, 4.9))
        *_, last = await house.together(
            *(house.after(n / 10, phone.say(f"问题{n}")) for n in range(4)),
            house.after(0.5, phone.say("多余", way=way)),
        )
        assert "先不收了" in last.text
        assert house.provider.count("多余") == 0


async def test_after_the_queue_has_emptied_questions_are_taken_again(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone()
        await flood(house, phone, 5)
        await house.pass_s(60)
        house.provider.default = Script(text="又可以了。")
        assert "又可以了。" in (await house.run(phone.say("再来"))).text


async def test_one_followers_full_queue_is_no_other_followers(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        await flood(house, house.phone("o_one"), 5)
        house.provider.on("你好", Script(text="你也好。"))
        assert "你也好。" in (await house.run(house.phone("o_two").say("你好"))).text


async def test_clear_does_not_lift_the_bound(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone()
        house.provider.default = Script(after_s=100)
        for _ in range(3):
            await house.together(*(phone.say("问") for _ in range(4)))
            await house.run(phone.say("/clear"))
        pending = house.rows("SELECT count(*) FROM turn WHERE state IN ('queued', 'running')")
        assert pending == [(4,)]
