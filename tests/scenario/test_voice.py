"""Recordings are questions: heard once, quoted, asked."""

from pathlib import Path

import pytest

from support.house import House, account, open_house
from support.pushing import open_pushing, pushed
from support.scripted_provider import Script, ScriptedProvider
from support.senses import AMR, GARBAGE, Ear, with_media
from yingda.errors import ApiKind, ApiRefused, ProviderBusy, StoreError
from yingda.providers.capabilities import Capabilities
from yingda.simulator import pushes
from yingda.simulator.platform import Way
from yingda.texts import Texts
from yingda.turn.model import Form

HEARD = Texts().say("heard", question="明天会下雨吗")
UNSUPPORTED = Texts().say("unsupported_voice")
REPEATED = Way(delays_s=(0.0, 0.1, 0.1))


def asked(house: House) -> list[str]:
    return [prompt.text for prompt in house.provider.calls]


async def test_a_recording_is_heard_asked_and_quoted_above_its_answer(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        tools = await with_media(house)
        seen = await house.run(house.phone().send_voice())
        assert seen.text.startswith(f"{HEARD}\n\n好的，这是回答。")
        await house.repeat()
        assert asked(house) == ["明天会下雨吗"]
        assert [each.content for each in tools.ear.recordings] == [b"wav " + AMR + b" 16k"]
        assert tools.ear.recordings[0].content_type == "audio/wav"
        assert house.rows("SELECT form, question FROM turn") == [("voice", "明天会下雨吗")]


async def test_where_the_better_recording_is_gone_the_plain_one_is_heard(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        tools = await with_media(house)
        del tools.desk.files["media-voice-16k"]
        await house.run(house.phone().send_voice())
        assert [each.content for each in tools.ear.recordings] == [b"wav " + AMR]
        assert asked(house) == ["明天会下雨吗"]


async def test_where_the_better_recording_cannot_be_read_the_plain_one_is_heard(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        tools = await with_media(house)
        tools.desk.files["media-voice-16k"] = GARBAGE
        await house.run(house.phone().send_voice())
        assert [each.content for each in tools.ear.recordings] == [b"wav " + AMR]
        assert asked(house) == ["明天会下雨吗"]


async def test_where_the_access_token_cannot_be_read_the_recording_is_told_unusable(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        tools = await with_media(house)
        for name in tools.desk.files:
            tools.desk.files[name] = StoreError("the disk is full")
        await house.run(house.phone().send_voice())
        assert house.rows("SELECT failure FROM turn") == [("voice",)]


@pytest.mark.parametrize("at_s", [0.0, 0.5, 1.5, 2.5, 3.5, 4.4, 5.5])
async def test_a_crash_at_any_moment_loses_no_recording_and_hears_none_twice_needlessly(
    tmp_path: Path, at_s: float
) -> None:
    async with open_house(tmp_path) as house:
        tools = await with_media(house)
        tools.desk.takes_s, tools.ear.takes_s = 1.0, 2.0
        house.provider.default = Script(text="会下。", after_s=2.0)
        phone = house.phone()
        work = phone.send(pushes.voice(), way=REPEATED)
        await house.interrupted(work, at_s, house.restart())
        await house.pass_s(60)
        seen = await house.run(phone.say("1"))
        assert "会下。" in seen.text
        assert set(asked(house)) == {"明天会下雨吗"}
        assert len(asked(house)) <= 2
        assert len(tools.ear.recordings) == (2 if 1 < at_s < 3 else 1)
        assert house.rows("SELECT state FROM turn") == [("answered",)]


async def test_a_recording_that_is_still_listened_to_has_a_name(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        tools = await with_media(house)
        tools.ear.takes_s = 30.0
        phone = house.phone()
        await house.run(phone.send_voice())
        assert f"「{Texts().say('unheard')}」" in (await house.run(phone.say("/status"))).text


@pytest.mark.parametrize(
    ("hears", "fails", "failure"),
    [("", None, "voice"), (" \n", None, "voice"), ("问", ProviderBusy("full"), "busy")],
)
async def test_what_nobody_could_hear_is_told_and_not_asked(
    tmp_path: Path, hears: str, fails: ProviderBusy | None, failure: str
) -> None:
    async with open_house(tmp_path) as house:
        tools = await with_media(house)
        tools.ear.hears, tools.ear.fails = hears, fails
        seen = await house.run(house.phone().send_voice())
        assert Texts().say(f"failed_{failure}", retry="").split("，")[0] in seen.text
        assert "「」" not in seen.text
        assert asked(house) == []
        assert house.rows("SELECT failure FROM turn") == [(failure,)]


async def test_after_a_passing_failure_the_recording_is_heard_again(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        tools = await with_media(house)
        tools.ear.fails = ProviderBusy("full")
        phone = house.phone()
        await house.run(phone.send_voice())
        tools.ear.fails = None
        assert HEARD in (await house.run(phone.tap())).text
        assert asked(house) == ["明天会下雨吗"]


async def test_listening_has_an_end(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        tools = await with_media(house)
        tools.ear.takes_s = 1e6
        phone = house.phone()
        await house.run(phone.send_voice())
        await house.pass_s(100)
        assert house.rows("SELECT failure FROM turn") == [("timeout",)]


async def test_words_that_wechat_recognised_are_asked_without_listening(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        tools = await with_media(house, has_right=False)
        seen = await house.run(house.phone().send_voice(recognition="今天天气如何？"))
        assert "「今天天气如何？」" in seen.text
        assert asked(house) == ["今天天气如何？"]
        assert tools.ear.recordings == []
        assert house.rows("SELECT form FROM turn") == [(Form.VOICE.value,)]


async def test_recognised_commands_and_pickups_do_what_typed_ones_do(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(text="迟来的回答。", after_s=20))
        await house.run(phone.say("问"))
        await house.pass_s(20)
        assert "迟来的回答。" in (await house.run(phone.send_voice(recognition="1。"))).text
        cleared = await house.run(phone.send_voice(recognition="/clear"))
        assert cleared.text == Texts().say("cleared")
        assert asked(house) == ["问"]


async def test_a_spoken_word_that_was_heard_here_is_a_question(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        tools = await with_media(house)
        phone = house.phone()
        house.provider.on("问", Script(text="迟来的回答。", after_s=20))
        await house.run(phone.say("问"))
        await house.pass_s(20)
        tools.ear.hears = "1"
        seen = await house.run(phone.send_voice())
        assert asked(house) == ["问", "1"]
        assert "已有回答" in seen.text
        assert "迟来的回答。" in (await house.run(phone.tap())).text


async def test_an_account_without_the_right_says_so_once_it_was_told(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        tools = await with_media(house, has_right=False)
        phone = house.phone()
        assert (await house.run(phone.send_voice())).text == UNSUPPORTED
        assert house.rows("SELECT count(*) FROM turn") == [(0,)]
        await with_media(house)
        tools = await with_media(house)
        denied = ApiRefused("api unauthorized", kind=ApiKind.NOT_ALLOWED, code=48001)
        tools.desk.files["media-voice-16k"] = tools.desk.files["media-voice"] = denied
        assert Texts().say("failed_voice") in (await house.run(phone.send_voice())).text
        assert (await house.run(phone.send_voice())).text == UNSUPPORTED
        assert tools.desk.asked == ["media-voice-16k"]
        await house.pass_s(86_401)
        await house.run(phone.send_voice())
        assert len(tools.desk.asked) == 2


async def test_where_nobody_listens_or_voice_is_off_that_is_said(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        await with_media(house, hears_voice=False)
        phone = house.phone()
        for recognition in ("", "问"):
            sent = pushes.voice(recognition=recognition)
            assert (await house.run(phone.send(sent))).text == UNSUPPORTED
        await with_media(house, hears_voice=True)
        house.provider.capabilities = Capabilities()
        assert (await house.run(phone.send_voice())).text == UNSUPPORTED
        assert asked(house) == []


async def test_another_provider_may_listen(tmp_path: Path) -> None:
    async with open_house(tmp_path, account(transcriber="ear")) as house:
        ear, listener = Ear(house.clock, hears="听见了吗"), ScriptedProvider(house.clock)
        listener.capabilities = Capabilities(transcriber=ear)
        house.providers["ear"] = listener
        tools = await with_media(house)
        assert "「听见了吗」" in (await house.run(house.phone().send_voice())).text
        assert (len(ear.recordings), tools.ear.recordings, listener.calls) == (1, [], [])
        assert asked(house) == ["听见了吗"]


async def test_a_spoken_question_takes_the_picture_that_waits(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        await with_media(house)
        phone = house.phone()
        await house.run(phone.send_image())
        assert HEARD in (await house.run(phone.send_voice())).text
        assert [len(prompt.pictures) for prompt in house.provider.calls] == [1]


async def test_erasing_leaves_no_trace_of_a_recording(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        await with_media(house)
        phone = house.phone()
        await house.run(phone.send_voice())
        for word in ("/forget", "确认"):
            await house.run(phone.say(word))
        await house.pass_s(1)
        assert house.rows("SELECT count(*) FROM attachment") == [(0,)]
        assert house.rows("SELECT question FROM turn") == [("",)]


async def test_who_leaves_while_somebody_listens_is_not_written_down(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        tools = await with_media(house)
        tools.ear.takes_s = 3.0
        phone = house.phone()
        await house.interrupted(phone.send_voice(), 1.0, phone.unfollow())
        await house.pass_s(10)
        assert house.rows("SELECT question, state FROM turn") == [("", "cancelled")]
        assert asked(house) == []


async def test_shown_again_what_was_heard_stands_there_once(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        await with_media(house)
        phone = house.phone()
        await house.run(phone.send_voice())
        again = await house.run(phone.say("1"))
        assert again.text.count("明天会下雨吗") == 1
        assert "好的，这是回答。" in again.text


async def test_an_account_that_may_push_hears_by_the_real_client_and_quotes_in_its_message(
    tmp_path: Path,
) -> None:
    async with open_pushing(tmp_path) as house:
        tools = await with_media(house, has_right=False)
        tools.ear.takes_s = 8.0
        phone = house.phone()
        await house.run(phone.send_voice(AMR, AMR + b" 16k"))
        await house.pass_s(20)
        (message,) = pushed(phone)
        assert message.startswith(f"{HEARD}\n\n好的，这是回答。")
        assert [each.content for each in tools.ear.recordings] == [b"wav " + AMR + b" 16k"]
