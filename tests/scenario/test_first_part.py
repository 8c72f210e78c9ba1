"""Rule 3: what is settled is shown at the last chance, and the rest goes on exactly there."""

import re
from pathlib import Path

import pytest

from support.house import House, account, open_house
from support.scripted_provider import Script
from support.sentences import failure_text
from yingda.delivery.passive import ReplyStyle
from yingda.delivery.plain import render
from yingda.errors import AnswerIncomplete, ContentRefused, FailureKind
from yingda.simulator.phone import Phone
from yingda.simulator.platform import Way
from yingda.texts import Texts
from yingda.wechat.limits import TEXT_LIMIT_BYTES

SAY = Texts().say
LABEL, NOTHING_MORE = SAY("ai_label"), SAY("nothing_more")
COMING = "后面还在写"
#: Twenty sentences of twelve characters.
PROSE = "".join(f"这是其中的第{n:02}句话了。" for n in range(20))
MARKDOWN = (
    "好的，**下面**分几点来说明，请耐心看完，这一段先讲清楚来由，也讲讲 `make` 的用法。\n\n"
    + "\n".join(
        f"{n}. **第{n}点**：说明文字很长很长，要看 [文档](https://e.com/{n})。"
        for n in range(1, 30)
    )
    + "\n\n| 名 | 值 |\n|---|---|\n| 甲 | 1 |\n\n```python\nx = 1\n```\n\n"
    + "最后总结几句。" * 30
)
_FRAME = re.compile(r"（\d+(?:/\d+)?）.*|" + re.escape(LABEL) + "|" + re.escape(NOTHING_MORE))


def slowly(text: str = PROSE, **changes: object) -> Script:
    """A character or two at a time, over twenty seconds."""
    settings: dict[str, object] = {"text": text, "chunks": 120, "during_s": 20.0}
    return Script(**(settings | changes))  # type: ignore[arg-type]


def body(reply: str) -> str:
    """The part of an answer that a reply carries, without blanks."""
    return "".join(_FRAME.sub("", reply).split())


async def read_on(house: House, phone: Phone, first: str, word: str = "1") -> list[str]:
    """Pick up until the answer is whole; what was shown, the waiting texts left out."""
    shown = [first]
    while COMING in shown[-1] or "看下文" in shown[-1] or shown[-1].startswith("正在"):
        assert len(shown) < 60
        shown.append((await house.run(phone.say(word))).text)
    return [each for each in shown if not each.startswith("正在")]


def left_unread(house: House) -> list[tuple[object, ...]]:
    return house.rows("SELECT is_unread, parts_offered FROM turn")


async def test_the_last_attempt_shows_what_is_settled_and_how_to_go_on(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", slowly())
        seen = await house.run(phone.say("问"))
        assert len(seen.attempts) == 3
        assert seen.delay_s == pytest.approx(14.5, abs=0.05)
        assert PROSE.startswith(body(seen.text))
        assert len(body(seen.text)) >= 40
        assert seen.text.index("（1）") < seen.text.index(COMING) < seen.text.index(LABEL)
        assert phone.links()[0].content == "1#1"


async def test_without_patience_the_first_attempt_shows_it(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        house.provider.on("问", slowly(during_s=15.0))
        seen = await house.run(house.phone().say("问"))
        assert len(seen.attempts) == 1
        assert seen.delay_s == pytest.approx(4.5, abs=0.05)
        assert COMING in seen.text


@pytest.mark.parametrize(
    "text", ["这一句没有写完" * 40, "短。" + "很长的一句话" * 40, "**" + PROSE]
)
async def test_less_than_forty_settled_characters_are_not_shown(tmp_path: Path, text: str) -> None:
    async with open_house(tmp_path) as house:
        house.provider.on("问", slowly(text, during_s=60.0))
        assert "正在思考" in (await house.run(house.phone().say("问"))).text


async def test_an_account_may_do_without_first_parts(tmp_path: Path) -> None:
    async with open_house(tmp_path, first_part=False) as house:
        house.provider.on("问", slowly())
        assert "正在思考" in (await house.run(house.phone().say("问"))).text


@pytest.mark.parametrize("text", [PROSE, MARKDOWN, PROSE.replace("。", "。\n\n")])
@pytest.mark.parametrize("patience", [None, 0])
async def test_parts_shown_while_it_is_written_and_after_join_to_the_whole(
    tmp_path: Path, text: str, patience: int | None
) -> None:
    async with open_house(tmp_path, patience=patience) as house:
        phone = house.phone()
        house.provider.on("问", slowly(text, during_s=60.0))
        shown = await read_on(house, phone, (await house.run(phone.say("问"))).text)
        assert len(shown) > 2
        assert "".join(map(body, shown)) == "".join(render(text).split())
        assert all(len(each.encode()) <= TEXT_LIMIT_BYTES for each in shown)
        numbers = [re.findall(r"（(\d+)(?:/\d+)?）", each)[-1:] for each in shown]
        assert numbers == [[str(n + 1)] for n in range(len(shown))]
        assert house.provider.count("问") == 1
        assert left_unread(house) == [(0, len(shown))]


async def test_a_pickup_with_nothing_new_says_how_far_the_answer_is(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone()
        house.provider.on("问", Script(text=PROSE, during_s=100.0))
        house.provider.on("想", Script(after_s=100.0))
        assert COMING in (await house.run(phone.say("问"))).text
        seen = await house.run(phone.say("1"))
        assert seen.text == SAY("waiting_writing", chars=len(PROSE), word="1", link=_link(phone))
        queued = await house.run(phone.say("想"))
        assert "前面还有 1 个问题" in queued.text
        assert "前面还有 1 个问题" in (await house.run(phone.say("1#2"))).text
        await house.pass_s(90)
        assert "已经想了" in (await house.run(phone.say("1#2"))).text


def _link(phone: Phone) -> str:
    found = re.search(r"<a .*?</a>", phone.history[-1].text)
    assert found is not None
    return found[0]


async def test_when_nothing_follows_what_was_shown_the_pickup_says_so(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(text=PROSE, during_s=20.0))
        assert body((await house.run(phone.say("问"))).text) == PROSE
        assert (await house.run(phone.say("1"))).text == NOTHING_MORE
        assert left_unread(house) == [(0, 1)]
        assert (await house.run(phone.say("1"))).text.startswith("问：问")
        assert house.provider.count("问") == 1


async def test_an_answer_shown_whole_while_it_ran_is_announced_no_more(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(text=PROSE, during_s=20.0))
        await house.run(phone.say("问"))
        await house.pass_s(10)
        assert "「问」" not in (await house.run(phone.say("别的"))).text


async def test_two_pickups_at_once_show_no_part_twice(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", slowly())
        first = await house.run(phone.say("问"))
        both = await house.together(phone.say("1"), house.after(0.2, phone.say("1")))
        shown = [first.text, *(each.text for each in both)]
        assert not any(each.is_failure_line for each in both)
        assert all("".join(shown).count(f"第{n:02}句") <= 1 for n in range(20))


async def test_a_repeat_gets_the_first_part_again_when_the_answer_is_whole(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        house.provider.on("问", slowly())
        seen = await house.run(house.phone().say("问"))
        await house.pass_s(60)
        await house.restart()
        verdict, _ = await house.repeat()
        assert verdict.clear == seen.deciding.verdict.clear


async def test_a_first_part_that_was_lost_is_offered_again(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone()
        house.provider.on("问", slowly(during_s=30.0))
        await house.run(phone.say("问", way=Way(lost_replies=frozenset({1, 2, 3}))))
        await house.pass_s(7)
        seen = await house.run(phone.say("1"))
        assert "第00句" in seen.text
        assert "（1" in seen.text


async def test_an_attempt_in_a_stop_shows_the_first_part(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        house.provider.on("问", slowly())
        seen = await house.interrupted(house.phone().say("问"), 3, house.gateway.drain(30.0))
        assert COMING in seen.text


async def test_a_question_behind_one_that_runs_says_that_the_former_has_more(
    tmp_path: Path,
) -> None:
    """Table 3a: the old turn runs on, the new answer comes first, one line tells of the old."""
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone()
        house.provider.on("甲", slowly())
        assert COMING in (await house.run(phone.say("甲"))).text
        queued = await house.run(phone.say("乙"))
        assert "「甲」的回答还有下文" in queued.text
        await house.pass_s(30)
        picked = await house.run(phone.say("1"))
        assert "好的，这是回答。" in picked.text
        assert "「甲」的回答还有下文" in picked.text
        rest = await house.run(phone.tap())
        assert "第19句" in rest.text
        assert rest.text.startswith("「甲」")
        assert "第00句" not in rest.text


async def test_a_cleared_conversation_still_announces_its_running_answer(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone()
        house.provider.on("甲", slowly())
        assert COMING in (await house.run(phone.say("甲"))).text
        await house.run(phone.say("/clear"))
        seen = await house.run(phone.say("乙"))
        assert "好的，这是回答。" in seen.text
        assert "「甲」的回答还有下文" in seen.text


async def test_who_left_is_shown_nothing_of_what_was_begun(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone()
        house.provider.on("问", slowly())
        await house.run(phone.say("问"))
        await house.run(phone.unfollow())
        await house.run(phone.follow())
        assert (await house.run(phone.say("1"))).text == SAY("nothing_yet")


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
