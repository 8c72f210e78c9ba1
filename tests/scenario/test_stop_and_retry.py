"""A follower stops what is being answered, asks it once more, or asks how far it is."""

from pathlib import Path

import pytest

from support.house import account, open_house
from support.scripted_provider import Script
from support.sentences import failure_text, help_text
from yingda.delivery.style import ReplyStyle
from yingda.errors import (
    AnswerIncomplete,
    ContentRefused,
    FailureKind,
    ProviderBusy,
    ProviderMisconfigured,
    QuotaExhausted,
)
from yingda.simulator.phone import tap_links
from yingda.simulator.platform import Way
from yingda.texts import Language, Texts
from yingda.wechat.limits import TEXT_LIMIT_BYTES
from yingda.words import Command, words_to_commands, words_to_show

CANCELLED = Texts().say("cancelled")
NOTHING_TO_STOP = Texts().say("nothing_to_stop")


def stopped(count: int) -> str:
    return Texts().say("stopped", count=count)


# /stop


async def test_a_stop_ends_what_runs_and_waits_and_tells_the_attempts_that_wait(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.default = Script(text="前半。后半。", chunks=2, after_s=1, during_s=40)
        one, two, said = await house.together(
            phone.say("甲"), phone.say("乙"), house.after(3, phone.say("/stop"))
        )
        assert said.text == stopped(2)
        assert said.delay_s == pytest.approx(0, abs=0.05)
        assert [one.text, two.text] == [CANCELLED, CANCELLED]
        assert house.platform.counters.failure_lines == 0
        await house.pass_s(60)
        assert [stop.task_id for stop in house.provider.stops] == ["task-1"]
        assert house.provider.running == 0
        assert house.rows("SELECT state, answer FROM turn ORDER BY id") == [
            ("cancelled", "前半。"),
            ("cancelled", ""),
        ]


async def test_the_conversation_goes_on_after_a_stop(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("慢", Script(after_s=40))
        await house.together(phone.say("慢"), house.after(2, phone.say("/stop")))
        assert (await house.run(phone.say("快"))).text.startswith("好的，这是回答。")
        assert house.provider.calls[-1].conversation_id == "conversation-1"


async def test_a_stop_without_anything_to_stop_says_so(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await house.run(phone.say("问"))
        assert (await house.run(phone.say("/stop"))).text == NOTHING_TO_STOP
        assert house.provider.stops == []


async def test_a_pickup_of_what_was_stopped_is_told_so(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("慢", Script(after_s=100))
        await house.run(phone.say("慢"))
        picked, _ = await house.together(phone.say("1"), house.after(2, phone.say("/stop")))
        assert picked.text == CANCELLED
        assert (await house.run(phone.say("1#1"))).text == CANCELLED


async def test_a_repeated_stop_does_not_stop_what_came_after_it(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.default = Script(text="新的回答。", after_s=3)
        assert (await house.run(phone.say("/stop"))).text == NOTHING_TO_STOP
        again = house.requests[-1]
        seen = await house.interrupted(
            phone.say("问"), 1, again.transport.send("POST", again.query, again.body)
        )
        assert "新的回答。" in seen.text


async def test_one_followers_stop_is_no_other_followers(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        house.provider.default = Script(text="回答。", after_s=3)
        seen, said = await house.together(
            house.phone("o_one").say("问"), house.after(1, house.phone("o_two").say("/stop"))
        )
        assert "回答。" in seen.text
        assert said.text == NOTHING_TO_STOP


async def test_a_stop_after_a_first_part_says_that_the_answer_ends_there(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        text = "这是一句完整的话，足够长。" * 10
        house.provider.on("问", Script(text=text, chunks=2, during_s=100))
        assert "足够长。" in (await house.run(phone.say("问"))).text
        said = await house.run(phone.say("/stop"))
        assert said.text == Texts().say("stopped_midway", count=1)
        assert (await house.run(phone.say("1#1"))).text == CANCELLED
        assert house.rows("SELECT state, answer FROM turn") == [
            ("cancelled", text[: len(text) // 2])
        ]


async def test_a_stop_is_durable(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.default = Script(after_s=100)
        await house.together(phone.say("问"), house.after(2, phone.say("/stop")))
        await house.restart()
        await house.pass_s(30)
        assert len(house.provider.calls) == 1
        assert (await house.run(phone.say("1#1"))).text == CANCELLED


async def test_a_stop_right_after_a_crash_ends_what_the_new_process_took_over(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.default = Script(after_s=100)
        await house.run(phone.say("问"))
        await house.restart()
        assert (await house.run(phone.say("/stop"))).text == stopped(1)
        await house.pass_s(1)
        assert house.provider.running == 0


# /retry


@pytest.mark.parametrize(
    "failure", [None, ProviderBusy("x"), ContentRefused("x"), AnswerIncomplete("x")]
)
async def test_a_retry_asks_the_last_question_in_the_same_conversation(
    tmp_path: Path, failure: ProviderBusy | None
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(fail=failure), Script(text="这次好了。"))
        await house.run(phone.say("问"))
        assert "这次好了。" in (await house.run(phone.say("/retry"))).text
        assert house.provider.count("问") == 2
        ids = [prompt.conversation_id for prompt in house.provider.calls]
        assert ids == [None, "conversation-1"]


async def test_a_stopped_question_can_be_asked_again(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(after_s=40), Script(text="这次好了。"))
        await house.together(phone.say("问"), house.after(2, phone.say("/stop")))
        assert "这次好了。" in (await house.run(phone.say("/retry"))).text


async def test_a_slow_retry_is_held_and_repeated_like_any_question_and_asked_once(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(), Script(text="这次好了。", after_s=11))
        await house.run(phone.say("问"))
        seen = await house.run(phone.say("/retry", way=Way(lost_replies=frozenset({1}))))
        assert "这次好了。" in seen.text
        assert house.provider.count("问") == 2


async def test_a_retry_while_the_question_runs_says_how_to_get_it(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(text="回答。", after_s=12))
        asked, retried = await house.together(phone.say("问"), house.after(2, phone.say("/retry")))
        assert "还在回答" in retried.text
        assert [link.content for link in tap_links(retried.text)] == ["1#1"]
        assert "回答。" in asked.text
        assert house.provider.count("问") == 1


async def test_a_retry_without_any_question_says_so(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        said = Texts().say("nothing_to_retry")
        assert (await house.run(house.phone().say("/retry"))).text == said


async def test_the_link_of_a_failure_asks_that_question_again_and_once(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on(
            "坏", Script(fail=ProviderBusy("x")), Script(text="这次好了。", after_s=3)
        )
        seen = await house.run(phone.say("坏"))
        assert seen.text == failure_text(FailureKind.BUSY)
        await house.run(phone.say("别的"))
        link = tap_links(seen.text)[0].content
        first, second = await house.together(phone.say(link), house.after(1, phone.say(link)))
        assert "这次好了。" in first.text
        assert "还在回答" in second.text
        assert house.provider.count("坏") == 2


@pytest.mark.parametrize("failure", [QuotaExhausted, ProviderMisconfigured, ContentRefused])
async def test_a_failure_that_asking_again_cannot_mend_has_no_link(
    tmp_path: Path, failure: type[QuotaExhausted]
) -> None:
    async with open_house(tmp_path) as house:
        house.provider.default = Script(fail=failure("x"))
        assert tap_links((await house.run(house.phone().say("问"))).text) == ()


@pytest.mark.parametrize(
    ("own", "content"), [((), None), (("再来",), "再来#1"), (("再来" * 8,), None)]
)
async def test_a_failure_links_the_word_that_is_on(
    tmp_path: Path, own: tuple[str, ...], content: str | None
) -> None:
    extra, off = {"retry": own}, {Command.RETRY}
    style = ReplyStyle(texts=Texts(), retry_word=words_to_show(extra, off).get(Command.RETRY))
    words = words_to_commands(extra, off)
    async with open_house(tmp_path, account(style=style, command_words=words)) as house:
        house.provider.default = Script(fail=ProviderBusy("x"))
        seen = await house.run(house.phone().say("问"))
        assert "再问一次" in seen.text
        assert [link.content for link in tap_links(seen.text)] == ([content] if content else [])


# /status


async def test_the_status_tells_what_runs_what_waits_and_what_is_unread(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("一", Script(text="回答。", after_s=20))
        await house.run(phone.say("一"))
        await house.pass_s(10)
        house.provider.default = Script(after_s=40)
        *_, seen = await house.together(
            phone.say("二"),
            house.after(1, phone.say("三")),
            house.after(4, phone.say("/status")),
        )
        assert seen.text.split("\n\n") == [
            Texts().say("status_running", question="二", seconds=4, link=_link("1#2", "点这里")),
            Texts().say("status_queued", question="三", seconds=3, count=1),
            Texts().say("unread_answer", question="一", link=_link("1#1", "点这里")),
        ]
        assert "回答。" in (await house.run(phone.say("1#1"))).text


def _link(content: str, label: str) -> str:
    escaped = content.replace("#", "%23")
    return f'<a href="weixin://bizmsgmenu?msgmenucontent={escaped}&msgmenuid=1">{label}</a>'


async def test_the_status_says_so_when_there_is_nothing_and_shows_nobody_elses(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        house.provider.default = Script(after_s=40)
        one, two = house.phone("o_one"), house.phone("o_two")
        _, seen = await house.together(one.say("问"), house.after(1, two.say("/status")))
        assert seen.text == Texts().say("status_nothing")


async def test_a_repeat_of_a_status_gets_the_same_reply(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.default = Script(after_s=40)
        _, seen = await house.together(phone.say("问"), house.after(1, phone.say("/status")))
        at = next(n for n, each in enumerate(house.requests) if b"/status" in each.body)
        await house.pass_s(60)
        verdict, _ = await house.repeat(at)
        assert verdict.clear == seen.deciding.verdict.clear


@pytest.mark.parametrize("language", Language)
async def test_a_status_of_very_many_questions_fits_a_reply(
    tmp_path: Path, language: Language
) -> None:
    style = ReplyStyle(texts=Texts(language))
    async with open_house(tmp_path, account(style=style, queue_limit=60, patience=0)) as house:
        phone = house.phone()
        house.provider.default = Script(after_s=1000)
        await house.together(*(phone.say("很长很长的问题" * 9 + str(n)) for n in range(50)))
        text = (await house.run(phone.say("/status"))).text
        shown = text.split("\n\n")
        assert len(text.encode()) <= TEXT_LIMIT_BYTES
        assert len(shown) > 5
        assert shown[-1] == Texts(language).say("status_more", count=50 - len(shown) + 1)


# /help


async def test_the_help_lists_exactly_the_commands_that_are_on(tmp_path: Path) -> None:
    extra, off = {"clear": ("新对话",)}, {Command.RETRY, Command.CLEAR, Command.MODEL}
    changed = account(
        command_words=words_to_commands(extra, off), shown_words=words_to_show(extra, off)
    )
    async with open_house(tmp_path, changed) as house:
        phone = house.phone()
        text = (await house.run(phone.say("/help"))).text
        words = ["新对话", "/stop", "/good", "/bad", "/status", "/forget", "/help"]
        assert [line.partition("：")[0] for line in text.splitlines()[2:]] == ["1", *words]
        assert (await house.run(phone.say("/retry"))).text == text
        assert (await house.run(phone.say("/clear"))).text == text
        assert (await house.run(phone.say("新对话"))).text == Texts().say("cleared")


async def test_an_operators_own_help_wins(tmp_path: Path) -> None:
    style = ReplyStyle(texts=Texts(overrides={"help": "看菜单，或发 {word}。"}))
    async with open_house(tmp_path, account(style=style)) as house:
        assert (await house.run(house.phone().say("/help"))).text == "看菜单，或发 1。"


async def test_new_is_a_command_only_where_the_operator_says_so(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        assert (await house.run(house.phone().say("/new"))).text == help_text()
    words = words_to_commands({"clear": ("/new",)})
    async with open_house(tmp_path, account(command_words=words)) as house:
        assert (await house.run(house.phone().say("／ＮＥＷ"))).text == Texts().say("cleared")
