"""Promise 8: a stop in order drops no push that was accepted."""

import asyncio
from pathlib import Path

from support.house import open_house
from support.scripted_provider import Script


async def test_attempts_that_wait_get_promises_and_their_turns_end(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(text="回答。", after_s=8))
        seen = await house.interrupted(phone.say("问"), 1, house.gateway.drain(30.0))
        assert "正在思考" in seen.text
        assert len(seen.attempts) == 1
        assert house.rows("SELECT state FROM turn") == [("answered",)]
        assert "回答。" in (await house.run(phone.say("1"))).text


async def test_an_answer_that_is_ready_while_draining_is_the_reply(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        house.provider.on("问", Script(text="回答。", after_s=3))
        seen = await house.interrupted(house.phone().say("问"), 1, house.gateway.drain(30.0))
        assert "回答。" in seen.text


async def test_what_is_asked_while_draining_runs_after_the_restart(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.default = Script(text="回答。", after_s=8)
        questions = asyncio.gather(
            phone.say("甲"),
            house.after(0.5, phone.say("乙")),
            house.after(2, house.phone("o_other").say("丙")),
        )
        seen = await house.interrupted(questions, 1, house.gateway.drain(30.0))
        assert not any(one.is_failure_line for one in seen)
        assert all("1" in one.text for one in seen)
        assert [prompt.text for prompt in house.provider.calls] == ["甲"]
        await house.run(house.close())
        await house.open()
        await house.pass_s(20)
        assert sorted(prompt.text for prompt in house.provider.calls) == sorted("甲乙丙")
        assert house.rows("SELECT DISTINCT state FROM turn") == [("answered",)]


async def test_a_turn_that_outlives_the_drain_is_looked_for_after_the_restart(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(text="别的。", after_s=300, found="找到的回答。"))
        seen = await house.interrupted(phone.say("问"), 1, house.gateway.drain(10.0))
        assert not seen.is_failure_line
        await house.run(house.close())
        await house.open()
        await house.pass_s(1)
        assert "找到的回答。" in (await house.run(phone.say("1"))).text
        assert house.provider.count("问") == 1


async def test_an_attempt_that_is_held_when_the_stop_comes_gets_a_promise(tmp_path: Path) -> None:
    """In the last half second of its window, or with its repeat if WeChat had cut it."""
    for at_s in (4.7, 5.0, 5.2, 9.7):
        folder = tmp_path / str(at_s)
        folder.mkdir()
        async with open_house(folder) as house:
            house.provider.on("问", Script(text="回答。", after_s=60))
            seen = await house.interrupted(house.phone().say("问"), at_s, house.gateway.drain(25.0))
            assert not seen.is_failure_line
            assert "正在思考" in seen.text


async def test_a_held_attempt_of_a_queued_turn_outlasts_an_early_end_of_the_drain(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("甲", Script(text="甲的回答。", after_s=5.6))
        house.provider.on("乙", Script(text="乙的回答。", after_s=60))
        first = house.run(asyncio.gather(phone.say("甲"), house.after(0.3, phone.say("乙"))))
        house.clock.call_later(5.2, lambda: drains.append(asyncio.ensure_future(stop())))
        drains: list[asyncio.Task[None]] = []

        async def stop() -> None:
            await house.gateway.drain(25.0)
            await house.gateway.stop()

        seen = await first
        assert not any(one.is_failure_line for one in seen)
        assert drains
