"""A text read from another process: at once, kept fresh, made whole again, and forgotten."""

import asyncio

import pytest

from support.signals import Hub
from yingda.clock import VirtualClock
from yingda.engine.sharing.far_text import KEPT, FarTexts
from yingda.engine.sharing.live import LiveText
from yingda.engine.sharing.pieces import PIECE_CHARS
from yingda.engine.sharing.speaking import Speaker
from yingda.signals.base import Topic
from yingda.signals.quiet import QuietSignals

TURN = 7


class Writing(dict[int, LiveText]):
    """What runs in one process."""

    def write(self, text: str, *, run_no: int = 1, edition: int = 0) -> None:
        self[TURN] = LiveText(run_no=run_no, edition=edition, text=text)


class Pair:
    """A process that writes and two that read."""

    def __init__(self) -> None:
        self.clock, self.hub = VirtualClock(), Hub()
        self.signals = [self.hub.signals() for _ in range(3)]
        self.writing, self.nothing = Writing(), Writing()
        self.speaker = Speaker(self.signals[0], self.writing.get, self.clock)
        self.texts, self.other = (
            FarTexts(signals, self.nothing.get, self.clock) for signals in self.signals[1:]
        )

    async def read(self, texts: FarTexts | None = None) -> str | None:
        """What it reads now."""
        live = await self.clock.run((texts or self.texts).so_far(TURN))
        return None if live is None else live.text

    async def timed(self) -> tuple[str | None, float]:
        """The same, and the seconds that it took."""
        began_s = self.clock.monotonic()
        return await self.read(), round(self.clock.monotonic() - began_s, 3)

    def told(self, topic: Topic) -> int:
        return self.hub.count(topic)


@pytest.fixture
async def pair() -> Pair:
    made = Pair()
    for each in made.signals:
        await each.start()
    return made


async def test_a_text_is_read_at_once_from_where_it_is_written(pair: Pair) -> None:
    pair.writing[TURN] = live = LiveText(
        run_no=3, text="一" * 5000, edition=2, has_replaced=True, conversation_was_reset=True
    )
    assert await pair.clock.run(pair.texts.so_far(TURN)) == live
    assert pair.clock.monotonic() == 0
    assert pair.told(Topic.TEXT) == -(-5000 // PIECE_CHARS)


async def test_a_turn_that_has_written_nothing_yet_is_read_at_once_too(pair: Pair) -> None:
    pair.writing.write("")
    assert await pair.timed() == ("", 0)


async def test_what_runs_here_is_read_here_and_nobody_is_asked(pair: Pair) -> None:
    pair.nothing.write("这里")
    assert await pair.timed() == ("这里", 0)
    assert pair.hub.told == []


async def test_when_nobody_answers_it_waits_for_a_moment_and_but_once_in_a_row(pair: Pair) -> None:
    assert await pair.timed() == (None, 0.1)
    assert await pair.timed() == (None, 0)
    await pair.clock.advance(0.95)
    assert await pair.timed() == (None, 0.1)
    assert pair.told(Topic.WANT) == 2


async def test_while_it_is_asked_for_it_is_kept_no_older_than_a_quarter_second(pair: Pair) -> None:
    text = ""
    for n in range(300):
        text += f"第{n}句。"
        pair.writing.write(text)
        await pair.clock.advance(0.1)
        read, took_s = await pair.timed()
        assert took_s == 0
        assert read is not None
        assert len(text) - len(read) <= 3 * len(f"第{n}句。")
        assert text.startswith(read)
    told = sum(
        len(body.split(" ", 6)[6]) for _, topic, body in pair.hub.told if topic is Topic.TEXT
    )
    # A renewed want is answered from where the reader has it: nothing is told twice.
    assert told <= len(text)
    assert pair.told(Topic.WANT) <= 20


async def test_two_readers_share_what_is_told(pair: Pair) -> None:
    pair.writing.write("一二三")
    assert await pair.read() == "一二三"
    pair.writing.write("一二三四")
    assert await pair.read(pair.other) == "一二三四"
    assert await pair.read() == "一二三四"
    pair.writing.write("一二三四五")
    await pair.clock.advance(0.25)
    assert (await pair.read(), await pair.read(pair.other)) == ("一二三四五", "一二三四五")


async def test_a_text_begun_anew_and_another_run_replace_the_former(pair: Pair) -> None:
    pair.writing.write("一二三")
    assert await pair.read() == "一二三"
    pair.writing.write("甲乙丙丁", edition=1)
    await pair.clock.advance(0.25)
    assert await pair.read() == "甲乙丙丁"
    pair.writing.write("新", run_no=2)
    await pair.clock.advance(0.25)
    assert await pair.read() == "新"


async def test_an_older_run_that_goes_on_elsewhere_is_passed_over(pair: Pair) -> None:
    revived = Writing()
    Speaker(pair.signals[2], revived.get, pair.clock)
    pair.writing.write("旧的", run_no=1)
    revived.write("新的", run_no=2)
    await pair.read()
    assert await pair.read() == "新的"
    pair.writing.write("旧的还在写", run_no=1)
    await pair.clock.advance(0.5)
    assert await pair.read() == "新的"


async def test_a_lost_piece_is_wanted_again_and_what_was_known_stays(pair: Pair) -> None:
    pair.writing.write("一二")
    assert await pair.read() == "一二"
    pair.hub.loses = lambda topic, _body: topic is Topic.TEXT
    pair.writing.write("一二三四")
    await pair.clock.advance(0.5)
    assert await pair.timed() == ("一二", 0)
    pair.hub.loses = lambda _topic, _body: False
    pair.writing.write("一二三四五六")
    await pair.clock.advance(0.25)
    assert await pair.timed() == ("一二三四五六", 0)
    assert pair.told(Topic.WANT) == 2


async def test_when_the_want_is_lost_the_next_one_is_answered(pair: Pair) -> None:
    pair.writing.write("一")
    pair.hub.loses = lambda topic, _body: topic is Topic.WANT
    assert await pair.timed() == (None, 0.1)
    pair.hub.loses = lambda _topic, _body: False
    await pair.clock.advance(1)
    assert await pair.timed() == ("一", 0)


async def test_a_writer_that_died_is_nobody(pair: Pair) -> None:
    pair.writing.write("一")
    assert await pair.read() == "一"
    pair.writing.clear()
    await pair.clock.advance(2)
    # Its want is renewed, and found unanswered at the next look.
    assert await pair.timed() == ("一", 0)
    await pair.clock.advance(1)
    assert await pair.timed() == (None, 0.1)


async def test_nothing_is_relied_on_once_signals_were_missed(pair: Pair) -> None:
    pair.writing.write("一")
    assert await pair.read() == "一"
    pair.signals[1].cut()
    assert await pair.timed() == (None, 0)
    pair.writing.write("一二三")
    pair.signals[1].cut(is_cut=False)
    assert await pair.timed() == ("一二三", 0)


async def test_an_end_forgets_the_text_and_wakes_who_waits_for_it(pair: Pair) -> None:
    pair.writing.write("一")
    await pair.read()
    pair.writing.clear()
    pair.signals[0].tell(Topic.END, str(TURN))
    await pair.clock.advance(0)
    assert pair.texts._kept == {}
    waiting = asyncio.ensure_future(pair.texts.so_far(TURN))
    await pair.clock.advance(0.1)
    pair.signals[0].tell(Topic.END, str(TURN))
    await pair.clock.advance(0)
    assert waiting.result() is None


async def test_what_nobody_asks_for_is_told_no_more_and_kept_no_longer(pair: Pair) -> None:
    pair.writing.write("一")
    await pair.read()
    for n in range(100):
        pair.writing.write("一" * (n + 2))
        await pair.clock.advance(0.5)
    assert 20 <= pair.told(Topic.TEXT) <= 22
    assert pair.texts._kept == {}
    assert (pair.texts._timer, pair.speaker._timer, pair.speaker._wanted) == (None, None, {})
    assert await pair.timed() == ("一" * 101, 0)


async def test_texts_are_kept_of_so_many_turns_and_no_more(pair: Pair) -> None:
    for turn_id in range(KEPT + 10):
        pair.writing[turn_id] = LiveText(run_no=1, text=str(turn_id))
        await pair.clock.run(pair.texts.so_far(turn_id))
    assert len(pair.texts._kept) == KEPT
    assert min(pair.texts._kept) == 10


async def test_one_timer_tells_of_all_turns(pair: Pair) -> None:
    for turn_id in range(50):
        pair.writing[turn_id] = LiveText(run_no=1, text="一")
        await pair.clock.run(pair.texts.so_far(turn_id))
    assert len([each for *_, each in pair.clock._timers if not each.cancelled]) == 2


async def test_what_others_say_is_passed_over(pair: Pair) -> None:
    pair.writing.write("一")
    await pair.read()
    for topic in (Topic.WANT, Topic.TEXT, Topic.END):
        pair.signals[2].tell(topic, "what a newer version says")
    await pair.clock.advance(0)
    assert await pair.timed() == ("一", 0)


async def test_one_process_asks_nobody_waits_for_nobody_and_keeps_nothing() -> None:
    clock, writing, quiet = VirtualClock(), Writing(), QuietSignals()
    speaker, texts = Speaker(quiet, writing.get, clock), FarTexts(quiet, writing.get, clock)
    assert await clock.run(texts.so_far(TURN)) is None
    writing.write("一")
    assert (await clock.run(texts.so_far(TURN))) == writing[TURN]
    assert (clock.monotonic(), clock._timers, texts._kept, speaker._wanted) == (0, [], {}, {})
