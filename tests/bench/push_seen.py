"""What a follower saw of answers that are pushed, beside what the AI wrote, as plain values.

Pure. Every sentence of an answer names its question and its own number, so that a message can be
laid on the answer it belongs to: each character has to be shown once, no more and no less.
"""

from collections.abc import Sequence
from difflib import SequenceMatcher

import msgspec

from bench.followers import ANSWER_CHARS, FIRST_PART_CHARS, PATIENT_S
from bench.stats import percentile
from yingda.simulator.phone import Bubble
from yingda.texts import SENTENCES

#: A shorter run of equal characters is a coincidence; every sentence of an answer is longer.
_LEAST_CHARS = 8
#: What a follower is told of a failure, up to the first placeholder.
_FAILURES = tuple(
    sentence.zh.partition("{")[0] for key, sentence in SENTENCES.items() if key.startswith("failed")
)
#: What the measurement itself may be late by.
_SLACK_S = 0.2


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One question, and what its follower did. Times are Unix seconds."""

    key: str
    at_s: float
    #: None where the follower never had to come for anything.
    fetched_at_s: float | None
    #: How much of the answer the AI writes, in characters, before it fails or ends.
    written_chars: int = ANSWER_CHARS

    @property
    def fails(self) -> bool:
        """Whether the AI fails."""
        return self.written_chars < ANSWER_CHARS


class Shown(msgspec.Struct, frozen=True):
    """A piece of an answer: first character, and the one after the last."""

    begin: int
    end: int
    bubble: Bubble


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one question."""

    key: str
    fails: bool
    #: Until enough of the answer was shown, or its failure; None when neither was.
    delay_s: float | None
    is_whole_by_itself: bool
    is_whole: bool
    #: Messages that carried some of it, the reply among them.
    messages: int
    missing_chars: int
    doubled_chars: int
    #: Of them, those shown again after a message of which the sender heard nothing.
    in_doubt_chars: int


def answer_of(key: str) -> str:
    """The answer to the question of this key."""
    end = f"{_mark(key)}说完了〔终〕"
    sentences = "".join(f"{_mark(key)}第{n:02}句，凑足长度。" for n in range(ANSWER_CHARS // 10))
    return sentences[: ANSWER_CHARS - len(end) - 1] + "。" + end


def is_over(key: str, texts: Sequence[str]) -> bool:
    """Whether the answer's end was shown, or its failure told."""
    end = f"{_mark(key)}说完了"
    return any(end in text or _tells_failure(text) for text in texts)


def judged(asked: Asked, bubbles: Sequence[Bubble], silenced: frozenset[str]) -> Seen:
    """What the account's `bubbles` from this question up to the next showed of it.

    `silenced` are the texts that arrived while their sender heard nothing.
    """
    pieces = [piece for bubble in bubbles if (piece := _piece(asked.key, bubble))]
    alone = [each for each in pieces if not _is_fetched(asked, each.bubble)]
    covered = _covered(pieces)
    doubled, in_doubt = _doubled(pieces, silenced)
    return Seen(
        key=asked.key,
        fails=asked.fails,
        delay_s=_delay_s(asked, bubbles),
        is_whole_by_itself=len(_covered(alone)) == ANSWER_CHARS,
        is_whole=len(covered) == ANSWER_CHARS,
        messages=len(pieces) or sum(_tells_failure(bubble.text) for bubble in bubbles),
        missing_chars=len(set(range(asked.written_chars)) - covered),
        doubled_chars=doubled,
        in_doubt_chars=in_doubt,
    )


def summary(seen: Sequence[Seen]) -> dict[str, object]:
    """Shares and counts over all questions; shares of whole answers over those the AI gives."""
    count = max(1, len(seen))
    given = [each for each in seen if not each.fails]
    delays = [each.delay_s for each in seen if each.delay_s is not None]
    in_time = sum(delay_s <= PATIENT_S + _SLACK_S for delay_s in delays)
    messages = [float(each.messages) for each in given]
    return {
        "questions": len(seen),
        "seen_by_itself": in_time / count,
        "whole_by_itself": _share(sum(each.is_whole_by_itself for each in given), given),
        "whole": _share(sum(each.is_whole for each in given), given),
        "messages_p50": percentile(messages, 0.5),
        "messages_max": percentile(messages, 1.0),
        "missing_chars": sum(each.missing_chars for each in seen),
        "doubled_chars": sum(each.doubled_chars for each in seen),
        "in_doubt_chars": sum(each.in_doubt_chars for each in seen),
        "delay_p50_s": percentile(delays, 0.5),
        "delay_p90_s": percentile(delays, 0.9),
        "delay_max_s": percentile(delays, 1.0),
        "odd": [each for each in seen if _is_odd(each)],
    }


def _is_odd(seen: Seen) -> bool:
    is_late = seen.delay_s is None or seen.delay_s > PATIENT_S + _SLACK_S
    is_short = seen.missing_chars > 0 or not (seen.fails or seen.is_whole_by_itself)
    return is_late or is_short or seen.doubled_chars > 0


def _share(part: int, whole: Sequence[Seen]) -> float:
    return part / max(1, len(whole))


def _mark(key: str) -> str:
    return f"〈{key}〉"


def _tells_failure(text: str) -> bool:
    return any(words in text for words in _FAILURES)


def _is_fetched(asked: Asked, bubble: Bubble) -> bool:
    return asked.fetched_at_s is not None and bubble.at_s >= asked.fetched_at_s


def _piece(key: str, bubble: Bubble) -> Shown | None:
    if _mark(key) not in bubble.text:
        return None
    match = SequenceMatcher(None, bubble.text, answer_of(key), autojunk=False).find_longest_match()
    return Shown(match.b, match.b + match.size, bubble) if match.size >= _LEAST_CHARS else None


def _covered(pieces: Sequence[Shown]) -> set[int]:
    return {n for piece in pieces for n in range(piece.begin, piece.end)}


def _doubled(pieces: Sequence[Shown], silenced: frozenset[str]) -> tuple[int, int]:
    """How many characters were shown once more, and how many of them after one in doubt."""
    doubled = in_doubt = 0
    seen: set[int] = set()
    doubtful: set[int] = set()
    for piece in pieces:
        shown = set(range(piece.begin, piece.end))
        doubled += len(shown & seen)
        in_doubt += len(shown & doubtful)
        seen |= shown
        # Once: a third time would be another sending of what was in doubt no longer.
        doubtful -= shown
        if piece.bubble.text in silenced:
            doubtful |= shown
    return doubled, in_doubt


def _delay_s(asked: Asked, bubbles: Sequence[Bubble]) -> float | None:
    for bubble in bubbles:
        piece = _piece(asked.key, bubble)
        shows = piece is not None and piece.begin == 0 and piece.end >= FIRST_PART_CHARS
        if shows or _tells_failure(bubble.text):
            return bubble.at_s - asked.at_s
    return None
