"""The answer to a recording is read aloud behind its text, where that is wished for."""

from pathlib import Path
from typing import Any

import pytest

from support.enclosures import (
    ONE,
    PNG,
    TWO,
    UPLOAD,
    Studio,
    named,
    open_studio,
    seen,
    states,
)
from support.media import seconds_of, tone, wav
from support.pushing import SEND, body, ends, prose, pushed
from support.scripted_provider import Script, ScriptedProvider
from yingda.clock import VirtualClock
from yingda.delivery.style import ReplyStyle
from yingda.engine.accounts.accounts import PushMode
from yingda.errors import MediaUnreadable, ProviderBusy, YingdaError
from yingda.file_kinds import Kind, kind_of
from yingda.media.base import Converted
from yingda.media.convert import Converter
from yingda.providers.capabilities import Capabilities
from yingda.simulator.phone import Phone
from yingda.simulator.server_api_base import Fault
from yingda.texts import Texts
from yingda.wechat.limits import VOICE_LIMIT_BYTES, VOICE_LIMIT_S

QUESTION = "今天天气如何？"
SPOKEN: dict[str, Any] = {"speaks_answers": True}
MP3 = tuple(Converted(b"\xff\xfb\x90\x00" + bytes([n]) * 413, "audio/mpeg") for n in range(1, 5))


async def asked(studio: Studio, answer: str, *, after_s: float = 0.0) -> Phone:
    """Somebody asks with a recording and gets this answer."""
    house = studio.house
    studio.press.makes = MP3[:1]
    phone = house.phone()
    house.provider.on(QUESTION, Script(text=answer, after_s=after_s))
    await house.run(phone.send_voice(recognition=QUESTION))
    await house.pass_s(after_s + 10)
    return phone


@pytest.mark.parametrize("after_s", [0.0, 8.0])
async def test_a_voice_answer_follows_the_text(tmp_path: Path, after_s: float) -> None:
    async with open_studio(tmp_path, **SPOKEN) as studio:
        phone = await asked(studio, "好的，**这是**回答。\n\n```\ncode\n```", after_s=after_s)
        assert seen(phone) == [MP3[0].content]
        assert phone.history[-1].media is not None
        assert "这是回答" in phone.history[-2].text
        assert studio.mouth.said == ["好的，这是回答。\n内容由 AI 生成"]
        assert studio.press.asked == [b"speech"]
        assert states(studio.house) == ["sent"]


async def test_without_the_label_nothing_but_the_answer_is_said(tmp_path: Path) -> None:
    style = ReplyStyle(texts=Texts(), has_ai_label=False)
    async with open_studio(tmp_path, style=style, **SPOKEN) as studio:
        await asked(studio, "好的。")
        assert studio.mouth.said == ["好的。"]


@pytest.mark.parametrize(
    ("push_mode", "changes"),
    [
        (PushMode.AUTO, {}),
        (PushMode.PASSIVE, SPOKEN),
        (PushMode.AUTO, SPOKEN | {"speaker": "nobody"}),
    ],
)
async def test_nothing_is_said_unasked_nor_where_nobody_may_or_can(
    tmp_path: Path, push_mode: PushMode, changes: dict[str, Any]
) -> None:
    async with open_studio(tmp_path, push_mode, **changes) as studio:
        phone = await asked(studio, "好的。")
        assert not studio.mouth.said
        assert not seen(phone)


async def test_a_typed_question_is_answered_in_text_alone(tmp_path: Path) -> None:
    async with open_studio(tmp_path, **SPOKEN) as studio:
        phone = studio.house.phone()
        await studio.house.run(phone.say("问"))
        await studio.house.pass_s(10)
        assert not studio.mouth.said
        assert not seen(phone)


async def test_another_provider_may_speak(tmp_path: Path) -> None:
    async with open_studio(tmp_path, **SPOKEN, speaker="mouth") as studio:
        house = studio.house
        other = ScriptedProvider(house.clock)
        other.capabilities = Capabilities(speaker=studio.mouth)
        house.providers["mouth"] = other
        house.provider.capabilities = Capabilities(finds_finished=True)
        await house.restart()
        phone = await asked(studio, "好的。")
        assert seen(phone) == [MP3[0].content]


async def test_the_pieces_of_a_long_recording_come_in_order_within_the_quota(
    tmp_path: Path,
) -> None:
    async with open_studio(tmp_path, **SPOKEN) as studio:
        house, phone = studio.house, studio.house.phone()
        studio.press.makes = MP3
        house.provider.on(QUESTION, Script(text=prose(60)))
        await house.run(phone.send_voice(recognition=QUESTION))
        await house.pass_s(20)
        assert seen(phone) == [piece.content for piece in MP3[:3]]
        assert house.api.calls[UPLOAD] == 3
        (said,) = studio.mouth.said
        assert said.rpartition("\n")[0].endswith("。")
        assert len(said) <= 520


async def test_pictures_come_first_and_leave_the_voice_its_message(tmp_path: Path) -> None:
    async with open_studio(tmp_path, **SPOKEN) as studio:
        phone = await asked(studio, named(ONE, TWO, "https://pictures.example/3.png"), after_s=8.0)
        assert seen(phone)[0] == PNG
        assert seen(phone)[2:] == [MP3[0].content]
        assert "http" not in studio.mouth.said[0]
        assert studio.house.platform.followers.left(phone.openid) == 1


@pytest.mark.parametrize(
    ("spoken", "converted"),
    [(ProviderBusy("full"), None), (None, MediaUnreadable("no recording"))],
)
async def test_where_speaking_fails_the_text_is_all_there_is(
    tmp_path: Path, spoken: YingdaError | None, converted: YingdaError | None
) -> None:
    async with open_studio(tmp_path, **SPOKEN) as studio:
        studio.mouth.fails, studio.press.fails = spoken, converted
        phone = await asked(studio, "好的。", after_s=8.0)
        assert not seen(phone)
        assert body(*pushed(phone)).endswith("好的。")
        assert ends(studio.house) == [(0, "done", 0)]
        assert states(studio.house) == ["left"]


async def test_an_answer_of_code_alone_is_not_read(tmp_path: Path) -> None:
    async with open_studio(tmp_path, **SPOKEN) as studio:
        phone = await asked(studio, "```\ncode\n```")
        assert not studio.mouth.said
        assert not seen(phone)
        assert states(studio.house) == ["left"]


async def test_the_text_does_not_wait_for_a_slow_voice(tmp_path: Path) -> None:
    async with open_studio(tmp_path, **SPOKEN) as studio:
        house = studio.house
        studio.mouth.takes_s = 60.0
        phone = await asked(studio, "好的。")
        assert "好的。" in phone.history[1].text
        assert (await house.run(phone.say("别的"))).delay_s == pytest.approx(0.0, abs=0.1)
        await house.pass_s(60)
        assert seen(phone) == [MP3[0].content]


@pytest.mark.parametrize("at_s", [0.3, 1.2, 1.5, 2.2])
async def test_after_a_crash_a_voice_goes_on_where_it_was(tmp_path: Path, at_s: float) -> None:
    async with open_studio(tmp_path, **SPOKEN) as studio:
        house, phone = studio.house, studio.house.phone()
        studio.press.makes = MP3[:2]
        house.api_latency_s = 0.2
        await house.restart()
        house.provider.on(QUESTION, Script(text="好的。"))
        await house.run(phone.send_voice(recognition=QUESTION))
        await house.run(house.after(at_s, house.restart()))
        await house.pass_s(60)
        doubts = sum(count for (count,) in house.rows("SELECT doubts FROM enclosure"))
        assert list(dict.fromkeys(seen(phone))) == [piece.content for piece in MP3[:2]]
        assert len(seen(phone)) <= 2 + doubts <= 3
        assert states(house) == ["sent", "sent"]


async def test_a_refused_message_leaves_what_follows_it(tmp_path: Path) -> None:
    async with open_studio(tmp_path, **SPOKEN) as studio:
        studio.house.api.script(Fault(code=45047, path=SEND))
        phone = await asked(studio, "好的。")
        assert not seen(phone)
        assert states(studio.house) == ["left"]


async def test_speech_becomes_mp3_that_wechat_takes(tmp_path: Path) -> None:
    converter = Converter(VirtualClock())
    async with open_studio(tmp_path, converting=converter, **SPOKEN) as studio:
        studio.house.clock.while_busy(lambda: converter.is_busy)
        studio.mouth.content = wav(tone(70.0, still=((40.0, 41.0),)))
        phone = await asked(studio, "好的。")
        lengths_s = [seconds_of(content) for content in seen(phone)]
        assert [kind_of(content) for content in seen(phone)] == [Kind.MP3, Kind.MP3]
        assert max(lengths_s) <= VOICE_LIMIT_S
        assert sum(lengths_s) == pytest.approx(70.0, abs=1.0)
        assert all(len(content) <= VOICE_LIMIT_BYTES for content in seen(phone))
