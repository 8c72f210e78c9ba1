"""The terminal chat shows what WeChat would show, and tells how it came about."""

import asyncio
import io
import os
import string
from collections.abc import AsyncIterator

import pytest

from support.simulated_server import OPENID, ScriptedServer, Step, account, text_reply
from yingda.cli import demo_chat, demo_screen, demo_texts
from yingda.clock import VirtualClock
from yingda.simulator.phone import Phone
from yingda.simulator.platform import Platform
from yingda.simulator.transport import AsgiTransport
from yingda.texts import Language
from yingda.wechat.limits import FAILURE_LINES
from yingda.wechat.messages import TextMessage

TAP = '<a href="weixin://bizmsgmenu?msgmenucontent=1%233&msgmenuid=1">点这里</a>'


class Terminal(io.StringIO):
    """A screen that says it is a terminal, and what is left on it once lines were erased."""

    def isatty(self) -> bool:
        return True

    def left(self) -> str:
        rows = []
        for row in self.getvalue().split("\n"):
            kept = row.rsplit("\r\x1b[2K", 1)[-1]
            for code in ("\x1b[32m", "\x1b[36m", "\x1b[2m", "\x1b[0m"):
                kept = kept.replace(code, "")
            rows.append(kept)
        return "\n".join(rows)


class Talk:
    """A chat over a scripted server, on a virtual clock."""

    def __init__(self, *steps: Step, screen: io.StringIO | None = None) -> None:
        self.clock = VirtualClock()
        self.server = ScriptedServer(self.clock, *(steps or (Step(text_reply("好")),)))
        self.phone = Phone(Platform(account(), AsgiTransport(self.server), self.clock), OPENID)
        self.screen = screen or io.StringIO()

    async def run(
        self, *lines: str, interactive: bool = False, language: Language = Language.CHINESE
    ) -> str:
        """Type the lines; what the screen then holds below the header."""
        await self.clock.run(
            demo_chat.chat(
                self.phone,
                lines=_typed(*lines),
                screen=self.screen,
                interactive=interactive,
                language=language,
            )
        )
        held = self.screen.left() if isinstance(self.screen, Terminal) else self.screen.getvalue()
        return held.split("/quit\n", 1)[1]

    def contents(self) -> list[str]:
        messages = [self.server.message(n) for n in range(len(self.server.bodies))]
        return [m.content if isinstance(m, TextMessage) else type(m).__name__ for m in messages]


async def _typed(*lines: str) -> AsyncIterator[str]:
    for line in lines:
        yield line


async def test_a_pipe_gets_plain_lines_with_the_reply_and_what_happened_on_the_wire() -> None:
    talk = Talk(
        Step(text_reply("你好！\n很高兴。")),
        Step(after_s=60),
        Step(text_reply("晚了"), after_s=2.3),
    )
    shown = await talk.run("你好", "慢 8")
    assert shown == (
        "\n"
        "我：你好\n"
        "公众号：你好！\n很高兴。\n"
        "  第 1 次推送时回答，用时 0.0 秒\n"
        "\n"
        "我：慢 8\n"
        "公众号：晚了\n"
        "  第 2 次推送时回答，用时 7.3 秒\n"
        "\n"
    )


async def test_a_pipe_gets_no_control_characters_even_when_the_screen_is_a_terminal() -> None:
    terminal = Terminal()
    await Talk(Step(text_reply("\x9b2J好"), after_s=3), screen=terminal).run("你\x1b[31m好")
    assert not set(terminal.getvalue()) & {chr(n) for n in (*range(10), *range(11, 32), 0x9B)}


async def test_english_is_complete_in_the_lines_around() -> None:
    shown = await Talk().run("hi", language=Language.ENGLISH)
    assert shown == "\nme: hi\naccount: 好\n  answered on attempt 1, 0.0 s\n\n"


@pytest.mark.parametrize(
    ("steps", "line"),
    [
        ([Step(after_s=60)], "推送 3 次都没有拿到回复，微信显示故障提示，用时 15.0 秒"),
        ([Step()], "第 1 次推送时确认收到，没有要显示的内容，用时 0.0 秒"),
        (
            [Step(b"{}")],
            (
                "第 1 次推送的回复不合规（the body is no well-formed XML），"
                "微信显示故障提示，用时 0.0 秒"
            ),
        ),
        (
            [Step(status=502), Step(text_reply("好"), after_s=1)],
            "第 2 次推送时回答，用时 1.0 秒；第 1 次：HTTP 502",
        ),
    ],
)
async def test_the_wire_line_tells_how_the_push_went(steps: list[Step], line: str) -> None:
    assert f"  {line}\n" in await Talk(*steps).run("问")


async def test_the_failure_line_is_shown_as_wechat_shows_it() -> None:
    assert f"公众号：{FAILURE_LINES[0]}\n" in await Talk(Step(status=500)).run("问")


async def test_links_show_how_to_follow_them_and_tap_follows() -> None:
    reply = f'等等，{TAP}或{TAP.replace("%233", "%234")}，<a href="https://a.cn/x">看网页</a>。'
    talk = Talk(Step(text_reply(reply)))
    shown = await talk.run("问", ":tap 2", ":tap")
    assert "等等，[点这里 → :tap]或[点这里 → :tap 2]，[看网页 → https://a.cn/x]。" in shown
    assert talk.contents() == ["问", "1#4", "1#3"]


@pytest.mark.parametrize(
    "command", [":tap", ":tap 0", ":tap x", ":tap ²", ":tap 99", ":tap " + "9" * 5000]
)
async def test_a_tap_on_no_link_says_so_and_sends_nothing(command: str) -> None:
    talk = Talk()
    assert "没有这样的链接可点。" in await talk.run(command)
    assert not talk.server.bodies


@pytest.mark.parametrize(
    ("command", "arrives"),
    [
        (":follow", "SubscribeEvent"),
        (":unfollow", "UnsubscribeEvent"),
        (":image", "ImageMessage"),
        (":voice", "VoiceMessage"),
        (":video", "VideoMessage"),
        (":location", "LocationMessage"),
        (":link", "LinkMessage"),
        (":sticker", "【收到不支持的消息类型，暂无法显示】"),
        (":click help", "ClickEvent"),
        ("：image", "ImageMessage"),
        ("／clear", "/clear"),
    ],
)
async def test_a_local_command_does_what_the_phone_can_do(command: str, arrives: str) -> None:
    talk = Talk()
    await talk.run(command)
    assert talk.contents() == [arrives]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (":dance", "没有 :dance 这个动作，:help 列出全部。"),
        (":click", "请写上按钮的 key，例如 :click help。"),
        (":help", ":unfollow"),
    ],
)
async def test_other_local_commands_are_answered_here(command: str, said: str) -> None:
    talk = Talk()
    assert said in await talk.run(command)
    assert not talk.server.bodies


@pytest.mark.parametrize("leave", ["/quit", ":quit", "：quit", " /quit "])
async def test_the_word_to_leave_ends_the_chat(leave: str) -> None:
    talk = Talk()
    await talk.run("一", leave, "二")
    assert talk.contents() == ["一"]


async def test_empty_lines_send_nothing() -> None:
    talk = Talk()
    await talk.run("", "   ")
    assert not talk.server.bodies


async def test_a_terminal_shows_the_waiting_and_erases_it() -> None:
    terminal = Terminal()
    talk = Talk(Step(after_s=60), Step(text_reply("到了"), after_s=1), screen=terminal)
    shown = await talk.run("慢 6", interactive=True)
    assert "第 1 次推送，已等 4.8 秒" in terminal.getvalue()
    assert "第 2 次推送，已等 5.4 秒" in terminal.getvalue()
    assert "已等" not in shown
    assert "公众号 ▎ 到了\n" in shown
    assert "第 2 次推送时回答，用时 6.0 秒\n" in shown
    assert shown.endswith("我 › \n再见。\n")


async def test_a_terminal_wraps_a_long_reply_beside_its_bar(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    talk = Talk(Step(text_reply("字" * 60)), screen=Terminal())
    shown = await talk.run("长", interactive=True)
    # Nobody echoes what is typed here, so that the first row follows the prompt.
    rows = shown.removeprefix("\n").removeprefix("我 › ").split("\n")
    bubble = [row for row in rows if "▎" in row]
    assert "".join(row.split("▎ ")[1] for row in bubble) == "字" * 60
    assert len(bubble) == 4
    assert max(demo_screen.width_cells(row) for row in bubble) < 40


async def test_an_interactive_chat_into_a_file_has_no_status_and_no_colours() -> None:
    shown = await Talk(Step(text_reply("好"), after_s=3)).run("问", interactive=True)
    assert "\x1b" not in shown
    assert "已等" not in shown


async def test_cancelling_while_a_reply_is_awaited_erases_the_status_and_says_goodbye() -> None:
    talk = Talk(Step(after_s=60), screen=Terminal())

    async def interrupted() -> None:
        running = asyncio.create_task(
            demo_chat.chat(talk.phone, lines=_typed("问"), screen=talk.screen, interactive=True)
        )
        await talk.clock.sleep(1)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    await talk.clock.run(interrupted())
    assert isinstance(talk.screen, Terminal)
    assert talk.screen.left().endswith("再见。\n")
    assert "已等" not in talk.screen.left()


async def _read(*chunks: bytes) -> list[str]:
    reading, writing = os.pipe()
    try:
        lines = demo_chat.stdin_lines(reading)
        for chunk in chunks:
            os.write(writing, chunk)
        os.close(writing)
        return [line async for line in lines]
    finally:
        os.close(reading)


@pytest.mark.parametrize(
    ("chunks", "lines"),
    [
        ([b""], []),
        (["你好\n慢 8\n1\n".encode()], ["你好", "慢 8", "1"]),
        (["甲\r\n乙".encode()], ["甲", "乙"]),
        ([b"\n\n"], ["", ""]),
        ([b"a\xffb\n"], ["a\ufffdb"]),
        ([b"a\n\xe4"], ["a", "\ufffd"]),
    ],
)
async def test_lines_are_read_until_the_input_ends(chunks: list[bytes], lines: list[str]) -> None:
    assert await _read(*chunks) == lines


async def test_a_character_that_comes_in_two_halves_is_read_whole() -> None:
    reading, writing = os.pipe()
    lines = demo_chat.stdin_lines(reading)
    first = asyncio.ensure_future(anext(lines))
    han = "好".encode()
    os.write(writing, han[:1])
    await asyncio.sleep(0.01)
    assert not first.done()
    os.write(writing, han[1:] + b"\nrest")
    assert await first == "好"
    os.close(writing)
    assert [line async for line in lines] == ["rest"]
    os.close(reading)


@pytest.mark.parametrize("key", demo_texts.SENTENCES)
def test_both_languages_of_a_sentence_have_the_same_placeholders(key: str) -> None:
    chinese, english = (
        {name for _, name, _, _ in string.Formatter().parse(text) if name}
        for text in demo_texts.SENTENCES[key]
    )
    assert chinese == english
