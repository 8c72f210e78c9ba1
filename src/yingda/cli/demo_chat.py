"""The terminal chat of `yingda demo`: one follower's phone, line by line.

Knows the local commands and how a delivery is told. Refuses to know the server: it holds a phone,
and whatever comes back through it is what WeChat would show.
"""

import asyncio
import codecs
import contextlib
import os
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from typing import Any, TextIO, TypeAlias

from yingda.cli import demo_texts
from yingda.cli.demo_screen import Screen
from yingda.simulator.deliveries import Attempt, Delivered
from yingda.simulator.phone import Phone, links_in
from yingda.simulator.verdict import Outcome
from yingda.texts import Language

#: Our choice: a count in tenths of a second moves, and costs nothing.
_STATUS_EVERY_S = 0.2
#: Our choice: more than any line that is typed or pasted.
_READ_BYTES = 65536
_LEAVE = frozenset({"/quit", ":quit"})

_Sending: TypeAlias = Coroutine[Any, Any, Delivered]


async def chat(
    phone: Phone,
    *,
    lines: AsyncIterator[str],
    screen: TextIO,
    interactive: bool,
    language: Language = Language.CHINESE,
    is_echo: bool = True,
) -> None:
    """Send line after line and show what comes back, until the lines end or one says to leave.

    `interactive` means that somebody types the lines and sees them: then there is a prompt, and
    on a terminal colours and a live status line while a reply is awaited. Otherwise each line is
    repeated before its reply, and nothing but plain text is written. Cancelling, which is what
    Ctrl-C does under `asyncio.run`, erases the status line and passes on. `is_echo` is whether the
    built-in echo answers, whose words the header names then.
    """
    talk = _Chat(
        phone,
        Screen(screen, is_terminal=interactive and screen.isatty()),
        language,
        interactive=interactive,
    )
    talk.greet(is_echo=is_echo)
    try:
        async for line in lines:
            wish = _normal(line)
            if wish in _LEAVE:
                break
            await talk.take(wish)
    finally:
        talk.leave()


def _normal(line: str) -> str:
    """The line without blanks around it; a Chinese keyboard's colon or slash is taken as ours."""
    line = line.strip()
    if line.startswith("："):
        return f":{line[1:]}"
    return f"/{line[1:]}" if line.startswith("／") else line


async def stdin_lines(fd: int | None = None) -> AsyncIterator[str]:
    """The lines of standard input, without their ends, as they come; from a terminal or a pipe.

    A thread of its own reads the file descriptor itself: some files cannot be polled, and a
    thread that is blocked inside `sys.stdin` would hold a lock when the process ends.
    """
    loop = asyncio.get_running_loop()
    chunks: asyncio.Queue[bytes] = asyncio.Queue()
    source = sys.stdin.fileno() if fd is None else fd
    threading.Thread(
        target=_read_all, args=(source, loop, chunks.put_nowait), name="stdin", daemon=True
    ).start()
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    rest = ""
    while chunk := await chunks.get():
        *whole, rest = (rest + decoder.decode(chunk)).split("\n")
        for line in whole:
            yield line.removesuffix("\r")
    if rest := rest + decoder.decode(b"", final=True):
        yield rest


def _read_all(fd: int, loop: asyncio.AbstractEventLoop, put: Callable[[bytes], None]) -> None:
    """Hand over what can be read from `fd`, an empty chunk last."""
    chunk = b"\n"
    while chunk:
        try:
            chunk = os.read(fd, _READ_BYTES)
        except OSError:
            # The terminal is gone; there is nothing more to read.
            chunk = b""
        # Nobody listens any longer once the loop is closed.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(put, chunk)


class _Chat:
    def __init__(
        self, phone: Phone, screen: Screen, language: Language, *, interactive: bool
    ) -> None:
        self._phone = phone
        self._screen = screen
        self._language = language
        self._is_interactive = interactive

    def greet(self, *, is_echo: bool) -> None:
        answering = self._say("answering_echo" if is_echo else "answering_own")
        self._screen.line(self._say("header", answering=answering))
        self._screen.line()
        self._prompt()

    def leave(self) -> None:
        self._screen.erase_status()
        if self._is_interactive:
            self._screen.line(f"\n{self._say('farewell')}")

    async def take(self, line: str) -> None:
        """Do what one line asks for and show what comes of it."""
        if line:
            if not self._is_interactive:
                self._screen.plain_bubble(self._say("me"), self._say("colon"), line)
            sending = self._command(line) if line.startswith(":") else self._phone.say(line)
            if sending is not None:
                self._show(await self._watched(sending))
        self._prompt()

    def _command(self, line: str) -> _Sending | None:
        """What a local command sends; None when it sends nothing and has been dealt with."""
        command, _, argument = line.partition(" ")
        argument = argument.strip()
        if command in _ACTIONS:
            return _ACTIONS[command](self._phone)
        if command == ":tap":
            return self._tap(argument or "1")
        if command == ":click" and argument:
            return self._phone.click(argument)
        if command == ":click":
            self._screen.line(self._say("click_needs_key"))
        elif command == ":help":
            self._screen.line(self._say("local_help"))
        else:
            self._screen.line(self._say("unknown_command", command=command))
        return None

    def _tap(self, argument: str) -> _Sending | None:
        # Python refuses to read very long numbers; no chat has a thousand links.
        number = int(argument) if argument.isdecimal() and len(argument) < 4 else 0
        if not 1 <= number <= len(self._phone.links()):
            self._screen.line(self._say("no_link"))
            return None
        return self._phone.tap(number - 1)

    async def _watched(self, sending: Awaitable[Delivered]) -> Delivered:
        if not self._screen.is_terminal:
            return await sending
        status = asyncio.create_task(self._keep_status())
        try:
            return await sending
        finally:
            status.cancel()
            self._screen.erase_status()

    async def _keep_status(self) -> None:
        clock = self._phone.platform.clock
        started_s = clock.monotonic()
        while True:
            await clock.sleep(_STATUS_EVERY_S)
            seconds = f"{clock.monotonic() - started_s:.1f}"
            number = self._phone.open_attempt
            self._screen.status(self._say("status", number=number, seconds=seconds))

    def _show(self, delivered: Delivered) -> None:
        for text in delivered.shown:
            rendered = self._rendered(text)
            if self._screen.is_terminal:
                self._screen.bubble(self._say("account"), rendered)
            else:
                self._screen.plain_bubble(self._say("account"), self._say("colon"), rendered)
        self._screen.line(f"  {wire_line(delivered, self._language)}")
        self._screen.line()

    def _rendered(self, text: str) -> str:
        """What WeChat shows, and beside each link how to follow it here."""
        pieces: list[str] = []
        end = tap_count = 0
        for link in links_in(text):
            pieces.append(text[end : link.span[0]])
            end = link.span[1]
            if link.content:
                tap_count += 1
                command = ":tap" if tap_count == 1 else f":tap {tap_count}"
                pieces.append(self._say("tap", label=link.label, command=command))
            else:
                pieces.append(self._say("page", label=link.label, address=link.href))
        return "".join([*pieces, text[end:]])

    def _prompt(self) -> None:
        if self._is_interactive:
            self._screen.prompt(self._say("me"))

    def _say(self, key: str, **values: object) -> str:
        return demo_texts.say(self._language, key, **values)


_ACTIONS: Mapping[str, Callable[[Phone], _Sending]] = {
    ":follow": Phone.follow,
    ":unfollow": Phone.unfollow,
    ":image": Phone.send_image,
    ":voice": Phone.send_voice,
    ":video": Phone.send_video,
    ":location": Phone.send_location,
    ":link": Phone.send_link,
    ":sticker": Phone.send_sticker,
}

_WIRE_KEYS: Mapping[Outcome, str] = {
    Outcome.ANSWERED: "wire_answered",
    Outcome.ACCEPTED: "wire_accepted",
    Outcome.ILLEGAL: "wire_illegal",
}


def wire_line(delivered: Delivered, language: Language) -> str:
    """What happened between WeChat and the server, in one line."""
    deciding = delivered.deciding
    whole = demo_texts.say(
        language,
        _WIRE_KEYS.get(deciding.outcome, "wire_failed"),
        number=deciding.number,
        count=len(delivered.attempts),
        seconds=f"{delivered.delay_s:.1f}",
        reason=deciding.verdict.reason,
    )
    troubles = [_trouble(attempt, language) for attempt in delivered.attempts]
    separator = demo_texts.say(language, "semicolon")
    return separator.join([whole, *[trouble for trouble in troubles if trouble]])


def _trouble(attempt: Attempt, language: Language) -> str:
    """What went wrong with one attempt, "" when nothing or only time ran out."""
    if attempt.outcome is Outcome.REFUSED:
        return demo_texts.say(language, "wire_status", number=attempt.number, status=attempt.status)
    if attempt.outcome is Outcome.UNREACHABLE:
        reason = attempt.verdict.reason
        return demo_texts.say(language, "wire_unreachable", number=attempt.number, reason=reason)
    return ""
