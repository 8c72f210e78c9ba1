"""Rule 9 and table 3a: what becomes of a part that was shown when its run breaks or is void."""

from pathlib import Path

import pytest

from support.first_parts import (
    COMING,
    LABEL,
    PROSE,
    SAY,
    body,
    read_on,
    slowly,
)
from support.house import House, account, open_house
from support.scripted_provider import Script
from support.sentences import failure_text
from yingda.delivery.style import ReplyStyle
from yingda.errors import AnswerIncomplete, ContentRefused, FailureKind
from yingda.simulator.platform import Way
from yingda.texts import Texts


def left_unread(house: House) -> list[tuple[object, ...]]:
    return house.rows("SELECT is_unread, parts_offered FROM turn")


# Failures


async def test_a_run_that_breaks_brings_the_rest_and_that_it_is_not_whole(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone()
        house.provider.on("问", slowly(fail=AnswerIncomplete("x"), fail_after_chars=230))
        first = await house.run(phone.say("问"))
        await house.pass_s(30)
        rest = await house.run(phone.say("1"))
        assert body(first.text) + body(rest.text).partition("（")[0] == PROSE[:230]
        assert failure_text(FailureKind.INCOMPLETE) in rest.text
        assert (await house.run(phone.say("1"))).text.startswith("问：问")


async def test_a_run_that_breaks_behind_all_that_was_shown_repeats_none_of_it(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone()
        script = Script(
            text=PROSE, during_s=20.0, fail=AnswerIncomplete("x"), fail_after_chars=len(PROSE)
        )
        house.provider.on("问", script)
        assert body((await house.run(phone.say("问"))).text) == PROSE
        await house.pass_s(30)
        assert (await house.run(phone.say("1"))).text == failure_text(FailureKind.INCOMPLETE)
        assert left_unread(house)[0][0] == 0


async def test_an_answer_refused_after_a_part_was_shown_takes_it_back(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone()
        script = slowly(fail=ContentRefused("x"), fail_after_chars=230)
        house.provider.on("问", script)
        await house.run(phone.say("问"))
        await house.pass_s(30)
        seen = await house.run(phone.say("1"))
        refused = failure_text(FailureKind.REFUSED)
        assert seen.text == f"{SAY('notice_corrected')}\n\n{refused}"
        assert house.rows("SELECT answer, replaced_answer FROM turn") == [("", PROSE[:230])]


# Corrections


async def test_a_text_that_takes_anothers_place_is_told_as_a_correction_from_its_start(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone()
        house.provider.on("问", slowly(replaced_by="改过的回答。"))
        assert COMING in (await house.run(phone.say("问"))).text
        await house.pass_s(30)
        seen = await house.run(phone.say("1"))
        assert seen.text == f"{SAY('notice_corrected')}\n\n改过的回答。\n\n{LABEL}"
        assert house.rows("SELECT answer, replaced_answer FROM turn") == [("改过的回答。", PROSE)]
        again = await house.run(phone.say("1"))
        assert SAY("notice_corrected") not in again.text


async def test_where_nothing_was_shown_no_correction_is_told(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        house.provider.on("问", slowly(during_s=3.0, replaced_by="改过的回答。"))
        seen = await house.run(house.phone().say("问"))
        assert seen.text == f"改过的回答。\n\n{LABEL}"
        assert house.rows("SELECT replaced_answer FROM turn") == [(None,)]


async def test_a_receipt_of_the_old_text_moves_no_cursor_in_the_new_one(tmp_path: Path) -> None:
    """The first part's doubt is settled by a repeat only after the correction."""
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone()
        house.provider.on("问", slowly(during_s=10.0, replaced_by="改过的回答。" * 3))
        await house.run(phone.say("问", way=Way(lost_replies=frozenset({1, 2, 3}))))
        await house.pass_s(20)
        await house.repeat(0)
        await house.pass_s(10)
        assert "改过的回答。" in (await house.run(phone.say("1"))).text


# Crashes


async def test_an_answer_asked_for_again_starts_anew_and_says_so(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone()
        house.provider.on("问", slowly(), Script(text="另写的回答。"))
        assert COMING in (await house.run(phone.say("问"))).text
        await house.pass_s(0.1)
        await house.restart()
        await house.pass_s(1)
        seen = await house.run(phone.say("1"))
        assert seen.text == f"{SAY('notice_regenerated')}\n\n另写的回答。\n\n{LABEL}"


async def test_parts_of_a_second_run_are_its_own_while_it_is_written(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone()
        other = PROSE.replace("其中", "另外")
        house.provider.on("问", slowly(), slowly(other, during_s=60.0))
        await house.run(phone.say("问"))
        await house.pass_s(0.1)
        await house.restart()
        await house.pass_s(15)
        first = (await house.run(phone.say("1"))).text
        assert first.startswith(SAY("notice_regenerated"))
        shown = await read_on(house, phone, first.removeprefix(SAY("notice_regenerated")))
        assert "".join(map(body, shown)) == other
        assert "（1）" in first


@pytest.mark.parametrize("is_sent", [True, False])
async def test_a_found_answer_goes_on_where_its_first_part_ended(
    tmp_path: Path, *, is_sent: bool
) -> None:
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone()
        house.provider.on("问", slowly(found=PROSE))
        way = Way() if is_sent else Way(lost_replies=frozenset({1, 2, 3}))
        first = body((await house.run(phone.say("问", way=way))).text)
        await house.pass_s(0.1)
        await house.restart()
        await house.pass_s(1)
        rest = body((await house.run(phone.say("1"))).text)
        assert (first + rest if is_sent else rest) == PROSE
        assert house.provider.count("问") == 1


async def test_a_found_answer_that_begins_otherwise_is_a_correction(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone()
        house.provider.on("问", slowly(found="找到的是别的。" * 9))
        shown = body((await house.run(phone.say("问"))).text)
        await house.pass_s(0.1)
        await house.restart()
        await house.pass_s(1)
        seen = await house.run(phone.say("1"))
        assert seen.text.startswith(SAY("notice_corrected") + "\n\n找到的是别的。")
        assert house.rows("SELECT replaced_answer FROM turn") == [(shown,)]


async def test_where_nothing_was_shown_a_second_run_says_nothing_of_it(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone()
        house.provider.on("问", Script(after_s=100), Script(text="第二次。"))
        await house.run(phone.say("问"))
        await house.restart()
        await house.pass_s(1)
        assert (await house.run(phone.say("1"))).text == f"第二次。\n\n{LABEL}"


async def test_a_lost_conversation_is_told_with_the_first_part(tmp_path: Path) -> None:
    async with open_house(tmp_path, account(patience=0, style=ReplyStyle(texts=Texts()))) as house:
        house.provider.on("问", slowly(reset=True))
        seen = await house.run(house.phone().say("问"))
        assert seen.text.startswith(SAY("conversation_restarted"))


async def test_a_repeat_of_a_part_in_doubt_moves_no_cursor_in_a_found_answer_that_differs(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone()
        found = "".join(f"找到的是第{n:02}句别的。" for n in range(20))
        house.provider.on("问", slowly(found=found))
        way = Way(lost_replies=frozenset({1, 2, 3}))
        await house.run(phone.say("问", way=way))
        await house.restart()
        await house.pass_s(1)
        await house.repeat(0)
        await house.pass_s(1)
        seen = (await house.run(phone.say("1"))).text
        assert seen.startswith(SAY("notice_corrected"))
        assert found in seen


async def test_a_part_offered_again_after_a_doubt_is_no_correction_of_itself(
    tmp_path: Path,
) -> None:
    """The second part was seen before the first one fell into doubt, and stands for itself."""
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone()
        house.provider.on("问", slowly(found=PROSE))
        lost = Way(lost_replies=frozenset({1, 2, 3}))
        await house.together(phone.say("问", way=lost), house.after(5, phone.say("1")))
        await house.pass_s(5)
        assert COMING in (await house.run(phone.say("1"))).text
        await house.pass_s(0.1)
        await house.restart()
        await house.pass_s(1)
        assert SAY("notice_corrected") not in (await house.run(phone.say("1"))).text
