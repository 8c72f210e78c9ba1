"""Many followers at once: everyone is answered, each question asked once, nobody's mixed."""

import random
from pathlib import Path

from support.house import House, open_house
from support.scripted_provider import Script

FOLLOWERS, QUESTIONS = 20, 3
#: The distribution of the design's load figures.
MEDIAN_S, SIGMA = 6.0, 0.7


async def chat(house: House, number: int) -> list[str]:
    """One follower's questions, each followed by a pickup if it was only promised."""
    phone = house.phone(f"o_{number}")
    shown = []
    for n in range(QUESTIONS):
        seen = await phone.say(f"问题 {number}-{n}")
        if "稍后回复" in seen.text:
            await house.clock.sleep(30)
            seen = await phone.say("1")
        shown.append(seen.text)
    return shown


async def test_everyone_is_answered_with_at_most_one_pickup(tmp_path: Path) -> None:
    dice = random.Random(20250901)
    async with open_house(tmp_path) as house:
        for number in range(FOLLOWERS):
            for n in range(QUESTIONS):
                span_s = MEDIAN_S * dice.lognormvariate(0.0, SIGMA)
                script = Script(text=f"回答 {number}-{n} 到此。", after_s=span_s)
                house.provider.on(f"问题 {number}-{n}", script)
        everyone = await house.together(*(chat(house, number) for number in range(FOLLOWERS)))
        for number, shown in enumerate(everyone):
            for n, text in enumerate(shown):
                assert f"回答 {number}-{n} 到此。" in text
                assert text.count("回答 ") == 1
        asked = [prompt.text for prompt in house.provider.calls]
        assert len(asked) == len(set(asked)) == FOLLOWERS * QUESTIONS
        assert house.platform.counters.failure_lines == 0
        conversations = {(prompt.user, prompt.conversation_id) for prompt in house.provider.calls}
        assert len(conversations) == 2 * FOLLOWERS
