"""What a follower of the load line asks, and what the replies were, as plain values.

Pure. An answer is known by its first words and its last: what holds both is whole. What holds
enough of it and says how to get more is a first part; some of it without that is what came of an
answer that broke off; none of it is a promise or a failure told politely.
"""

import random
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from itertools import takewhile

import msgspec

from bench.stats import percentile

#: The load of the design: seconds until an answer is whole, log-normal.
MEDIAN_S, SIGMA = 6.0, 0.7
#: Events of one answer, and its length: one part of 1800 bytes holds it.
EVENT_COUNT, ANSWER_CHARS = 200, 400
BEGIN, END = "开头的话。", "说完了〔终〕"
ANSWER = (BEGIN + "这一句用来凑足长度。" * 40)[: ANSWER_CHARS - len(END)] + END
#: Keywords of the simulated Dify, each a way in which an AI fails.
FAULTS = ("busy", "quota", "500", "504", "error", "busy-event", "cut", "silent-end")
#: The promise's words: whoever reads them has to come again.
_PROMISE = ("稍后回复", "可以看进度")
#: A link that sends the pickup word when it is tapped (reference, section 9.3).
_TAP_LINK = "weixin://bizmsgmenu"
#: As much of an answer as counts for having been answered (the design's first part).
FIRST_PART_CHARS = 40
#: A follower begins, and asks again, within so many seconds.
START_S, PAUSE_S = 3.0, 2.0
#: What a follower is willing to wait without doing anything (the three attempts).
PATIENT_S = 15.0


class Way(StrEnum):
    """How a question's answer reached its follower."""

    FIRST = "first attempt"
    SECOND = "second attempt"
    THIRD = "third attempt"
    PART = "first part"
    BROKEN = "broken off"
    PICKUP = "pickup"
    NEVER = "never"


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one question."""

    way: Way
    #: Seconds until something of the answer was shown.
    delay_s: float
    pickups: int
    #: A failure was told in place of an answer.
    is_failure: bool
    #: All of the answer was shown in the end.
    is_whole: bool
    #: Seconds from the end of the AI's stream to the reply; None when no attempt was open then.
    lag_s: float | None = None


def answer_s(dice: random.Random, median_s: float = MEDIAN_S) -> float:
    """How long an answer takes."""
    return median_s * dice.lognormvariate(0.0, SIGMA)


def question(dice: random.Random, key: str, *, fault_share: float, median_s: float) -> str:
    """A question that steers the simulated Dify: how slow, and whether it fails."""
    fault = f" #{dice.choice(FAULTS)}" if dice.random() < fault_share else ""
    # Beyond a minute a follower's patience is not what is measured.
    span_s = min(answer_s(dice, median_s), 10 * median_s)
    return f"第 {key} 问 #slow={span_s:.3f}{fault}"


def shown_chars(text: str) -> int:
    """How many characters of the answer's beginning the reply shows."""
    begin = text.find(BEGIN)
    if begin < 0:
        return 0
    pairs = zip(text[begin:], ANSWER, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def is_whole(text: str) -> bool:
    """Whether the replies, one after the other, end the answer."""
    return END in text


def is_first_part(text: str) -> bool:
    """Whether the reply shows enough of the answer, not all, and says how to get more."""
    promises_more = _TAP_LINK in text or _says_to_come_again(text)
    return promises_more and not is_whole(text) and shown_chars(text) >= FIRST_PART_CHARS


def is_promise(text: str) -> bool:
    """Whether the reply only says to come again, with less of an answer than counts."""
    return _says_to_come_again(text) and not is_whole(text) and not is_first_part(text)


def is_answer(text: str) -> bool:
    """Whether the reply shows at least the beginning of the answer."""
    return BEGIN in text


def _says_to_come_again(text: str) -> bool:
    return any(words in text for words in _PROMISE)


def way_of(text: str, *, decided_by: int, pickups: int) -> Way:
    """How this reply, the first that is no promise, came."""
    if pickups:
        return Way.PICKUP
    if is_first_part(text):
        return Way.PART
    if is_answer(text) and not is_whole(text):
        return Way.BROKEN
    return (Way.FIRST, Way.SECOND, Way.THIRD)[decided_by - 1]


def summary(seen: Sequence[Seen]) -> dict[str, object]:
    """Shares and delays over all questions."""
    count = max(1, len(seen))
    ways = Counter(each.way for each in seen)
    delays = [each.delay_s for each in seen if each.way is not Way.NEVER]
    lags = [each.lag_s for each in seen if each.lag_s is not None]
    in_time = sum(
        each.pickups == 0 and each.way is not Way.NEVER and each.delay_s <= PATIENT_S + 0.2
        for each in seen
    )
    with_one = sum(each.way is not Way.NEVER and each.pickups <= 1 for each in seen)
    return {
        "questions": len(seen),
        "ways": {way.value: ways[way] / count for way in Way},
        "seen_by_itself": in_time / count,
        "seen_with_one_pickup": with_one / count,
        "seen_whole": sum(each.is_whole for each in seen) / count,
        "failures_told": sum(each.is_failure for each in seen),
        "delay_p50_s": percentile(delays, 0.5),
        "delay_p90_s": percentile(delays, 0.9),
        "delay_max_s": percentile(delays, 1.0),
        "lag_count": len(lags),
        "lag_p50_s": percentile(lags, 0.5),
        "lag_p99_s": percentile(lags, 0.99),
    }
