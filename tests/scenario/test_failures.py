"""Rule 9: a failure is an answer too, and nobody is locked out by one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.house import account, open_house
from support.scripted_provider import Script, ScriptedProvider
from support.sentences import failure_text
from yingda.delivery.style import ReplyStyle
from yingda.errors import (
    AnswerEmpty,
    AnswerIncomplete,
    ContentRefused,
    ConversationGone,
    FailureKind,
    NeedsPerson,
    ProviderBusy,
    ProviderError,
    ProviderMisconfigured,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaExhausted,
)
from yingda.providers.base import Event, Finished, Prompt
from yingda.texts import Texts

FAILURES = [
    AnswerEmpty,
    AnswerIncomplete,
    ContentRefused,
    ConversationGone,
    NeedsPerson,
    ProviderBusy,
    ProviderMisconfigured,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaExhausted,
]
#: Those that are told as they are, also behind a part of an answer.
ALWAYS_SAID = {ContentRefused, NeedsPerson}
#: What no follower may ever read.
INTERNALS = "Traceback https://dify.internal/v1 app-secretkey KeyError: 'x'"


said = failure_text


@pytest.mark.parametrize("failure", FAILURES)
async def test_each_failure_has_its_sentence_and_its_record(
    tmp_path: Path, failure: type[ProviderError]
) -> None:
    async with open_house(tmp_path) as house:
        house.provider.on("问", Script(fail=failure(INTERNALS), after_s=1))
        seen = await house.run(house.phone().say("问"))
        assert seen.text == said(failure.kind, has_text=False)
        assert house.rows("SELECT state, failure FROM turn") == [("failed", failure.kind.value)]


@pytest.mark.parametrize("failure", FAILURES)
async def test_the_next_question_is_answered_after_each_failure(
    tmp_path: Path, failure: type[ProviderError]
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("坏", Script(fail=failure(INTERNALS)))
        house.provider.on("好", Script(text="没问题。"))
        await house.run(phone.say("坏"))
        assert "没问题。" in (await house.run(phone.say("好"))).text


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("after_s", [0.0, 6.0, 30.0])
async def test_no_reply_about_a_failure_shows_internals(
    tmp_path: Path, failure: type[ProviderError], after_s: float
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("坏", Script(fail=failure(INTERNALS), after_s=after_s))
        await house.run(phone.say("坏"))
        await house.pass_s(30)
        for _ in range(2):
            await house.run(phone.say("1"))
        theirs = "\n".join(bubble.text for bubble in phone.history if not bubble.is_mine)
        for secret in INTERNALS.split():
            assert secret not in theirs
        assert failure.__name__ not in theirs
        assert said(failure.kind, has_text=False) in theirs


@pytest.mark.parametrize("failure", [f for f in FAILURES if f not in ALWAYS_SAID])
async def test_text_that_came_before_a_failure_is_shown_and_marked_incomplete(
    tmp_path: Path, failure: type[ProviderError]
) -> None:
    async with open_house(tmp_path) as house:
        script = Script(text="前半句。后半句。", fail=failure(INTERNALS), fail_after_chars=4)
        house.provider.on("问", script)
        seen = await house.run(house.phone().say("问"))
        assert "前半句。" in seen.text
        assert "后半句" not in seen.text
        assert said(FailureKind.INCOMPLETE) in seen.text
        assert house.rows("SELECT state, failure, answer FROM turn") == [
            ("failed", "incomplete", "前半句。")
        ]


async def test_a_pause_for_a_person_is_told_behind_the_text_before_it(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        script = Script(text="已提交申请。", fail=NeedsPerson(INTERNALS), fail_after_chars=6)
        house.provider.on("问", script)
        seen = await house.run(house.phone().say("问"))
        assert "已提交申请。" in seen.text
        assert said(FailureKind.PERSON) in seen.text
        assert said(FailureKind.INCOMPLETE) not in seen.text
        assert house.rows("SELECT state, failure, answer FROM turn") == [
            ("failed", "person", "已提交申请。")
        ]


async def test_refused_content_is_never_passed_off_as_whole(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        script = Script(text="前半句。后半句。", fail=ContentRefused(INTERNALS), fail_after_chars=4)
        house.provider.on("问", script)
        seen = await house.run(house.phone().say("问"))
        assert said(FailureKind.REFUSED) in seen.text
        assert house.rows("SELECT state, failure FROM turn") == [("failed", "refused")]


async def test_a_late_failure_is_picked_up(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(fail=ProviderBusy(INTERNALS), after_s=30))
        assert "正在思考" in (await house.run(phone.say("问"))).text
        await house.pass_s(30)
        assert said(FailureKind.BUSY) in (await house.run(phone.say("1"))).text


async def test_the_mark_of_a_long_incomplete_answer_stands_under_its_last_part_only(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        text = "这是一句话。" * 200
        house.provider.on(
            "问", Script(text=text, fail=AnswerIncomplete("x"), fail_after_chars=1190)
        )
        shown = [(await house.run(phone.say("问"))).text]
        while phone.links() and phone.links()[0].content in shown[-1].replace("%23", "#"):
            shown.append((await house.run(phone.say("1"))).text)
        marks = [said(FailureKind.INCOMPLETE) in one for one in shown]
        assert len(shown) > 1
        assert marks == [False] * (len(shown) - 1) + [True]


async def test_a_lost_conversation_is_told_and_the_answer_given(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await house.run(phone.say("一"))
        house.provider.on("二", Script(text="新的回答。", reset=True))
        seen = await house.run(phone.say("二"))
        assert Texts().say("conversation_restarted") in seen.text
        assert "新的回答。" in seen.text
        await house.run(phone.say("三"))
        assert [prompt.conversation_id for prompt in house.provider.calls] == [
            None,
            "conversation-1",
            "conversation-2",
        ]


class Forgetful(ScriptedProvider):
    """Knows no conversation but new ones, and says no more than that."""

    def stream(self, prompt: Prompt) -> AsyncIterator[Event]:  # type: ignore[override]
        if prompt.conversation_id is not None:
            return self._gone(prompt)
        return super().stream(prompt)

    async def _gone(self, prompt: Prompt) -> AsyncIterator[Event]:
        self.calls.append(prompt)
        if prompt.conversation_id is not None:
            raise ConversationGone("404")
        yield Finished()


async def test_after_a_conversation_is_gone_the_next_question_starts_afresh(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        house.providers["scripted"] = provider = Forgetful(house.clock)
        await house.restart()
        phone = house.phone()
        await house.run(phone.say("一"))
        assert (await house.run(phone.say("二"))).text == said(
            FailureKind.CONVERSATION_RESET, number=2
        )
        provider.on("三", Script(text="全新的回答。"))
        assert "全新的回答。" in (await house.run(phone.say("三"))).text


async def test_a_provider_that_is_no_longer_configured_is_a_failure_told(tmp_path: Path) -> None:
    async with open_house(tmp_path, provider="gone") as house:
        seen = await house.run(house.phone().say("问"))
        assert seen.text == said(FailureKind.CONFIGURATION)


async def test_a_run_without_end_times_out_and_frees_the_follower(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(after_s=1_000_000))
        await house.run(phone.say("问"))
        await house.pass_s(3600)
        assert said(FailureKind.TIMEOUT) in (await house.run(phone.say("1"))).text
        assert house.provider.running == 0
        assert "好的" in (await house.run(phone.say("再问"))).text


async def test_a_bug_in_a_provider_ends_the_turn_and_is_told_without_internals(
    tmp_path: Path,
) -> None:
    class Buggy(ScriptedProvider):
        def stream(self, prompt: Prompt) -> AsyncIterator[Event]:  # type: ignore[override]
            raise RuntimeError(INTERNALS + prompt.text)

    async with open_house(tmp_path) as house:
        house.providers["scripted"] = Buggy(house.clock)
        seen = await house.run(house.phone().say("问"))
        assert seen.text == said(FailureKind.INTERNAL)


@pytest.mark.parametrize("text", ["", " \n "])
async def test_an_answer_without_text_is_a_failure_in_the_record(tmp_path: Path, text: str) -> None:
    async with open_house(tmp_path) as house:
        house.provider.on("问", Script(text=text))
        seen = await house.run(house.phone().say("问"))
        assert seen.text == said(FailureKind.EMPTY)
        assert house.rows("SELECT state, failure FROM turn") == [("failed", "empty")]


#: Markdown and characters of which nothing is left to be seen in WeChat.
BLANKS = ["\x00\x01", "\ufffe", "```\n```", "&nbsp;", "#"]


@pytest.mark.parametrize("text", BLANKS)
async def test_an_answer_that_shows_nothing_is_told_as_empty(tmp_path: Path, text: str) -> None:
    style = ReplyStyle(texts=Texts(), has_ai_label=False)
    async with open_house(tmp_path, account(style=style)) as house:
        phone = house.phone()
        house.provider.on("问", Script(text=text))
        assert (await house.run(phone.say("问"))).text == said(FailureKind.EMPTY)
        assert said(FailureKind.EMPTY) in (await house.run(phone.say("1"))).text
