"""What a follower is told: the sentences in an account's language and its operator's words.

An account may override any sentence, within lengths that every reply can hold. The sentences
themselves stand in `sentences`; nothing here decides when one is used.
"""

import string
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from yingda.errors import FailureKind
from yingda.sentences import SENTENCES, Language, Sentence

__all__ = [
    "COMMAND_LIMIT_BYTES",
    "COMMAND_LINK_LIMIT_BYTES",
    "FRAME_LIMIT_BYTES",
    "HELP_LINE_LIMIT_BYTES",
    "LABEL_LIMIT_BYTES",
    "LONGEST_BYTES",
    "MODEL_NAME_LIMIT_CHARS",
    "MOST_COUNTED",
    "PAGING_LIMIT_BYTES",
    "QUESTION_LIMIT_BYTES",
    "SENTENCES",
    "SENTENCE_LIMIT_BYTES",
    "URL_LIMIT_BYTES",
    "Flaw",
    "Language",
    "Sentence",
    "Texts",
    "failure_key",
    "flaw",
    "limit_bytes",
    "placeholders",
]


def failure_key(kind: FailureKind, *, has_text: bool = True) -> str:
    """The key of the sentence that tells a follower about a failure of this kind.

    `has_text` is whether a part of the answer stands before it.
    """
    if kind is FailureKind.INCOMPLETE and not has_text:
        return "failed_before_text"
    return f"failed_{kind.value}"


def _parsed(template: str) -> list[tuple[str, str | None]]:
    """Plain text and the name behind it, in turns. ValueError as `placeholders` raises it."""
    parts = list(string.Formatter().parse(template))
    if any(format_spec or conversion for _, _, format_spec, conversion in parts):
        raise ValueError("a placeholder is a name in braces, with no format behind it")
    return [(literal, name) for literal, name, _, _ in parts]


def placeholders(template: str) -> frozenset[str]:
    """The names in braces. Raises ValueError for braces that do not match or hold more."""
    return frozenset(name for _, name in _parsed(template) if name is not None)


class Flaw(StrEnum):
    """Why an operator's own sentence cannot be used."""

    #: There is no sentence of this key.
    UNKNOWN = "unknown"
    EMPTY = "empty"
    #: Its braces do not match, hold what the sentence is not given, or the same name twice.
    PLACEHOLDERS = "placeholders"
    TOO_LONG = "too_long"


#: Bytes of UTF-8 of a quoted question: 20 characters of up to 4 bytes and an ellipsis of 3.
QUESTION_LIMIT_BYTES = 84
#: What every placeholder becomes at most, in bytes of UTF-8.
#: A pickup word has 8 characters of up to 4 bytes (settings). A link is 62 bytes of markup, the
#: word with 3 bytes for each of its 32, the number sign (3), a question's number of up to 9
#: digits, and its label. Numbers have 4 digits: a queue holds 1000 questions, 100 000
#: characters of an answer make fewer than 1000 parts, and a run ends after 1500 s.
LABEL_LIMIT_BYTES = 48
#: A command's word as a link carries it; a longer one gets no link. Our choice: `%2Fretry` has 8,
#: a word of four Chinese characters 36.
COMMAND_LINK_LIMIT_BYTES = 36
#: A command's word in the help: 16 characters of up to 4 bytes (settings).
COMMAND_LIMIT_BYTES = 64
#: A command's line in the help.
HELP_LINE_LIMIT_BYTES = 160
#: An address that the AI is told; a longer one is left out. Our choice: those of WeChat's articles
#: have some 400 bytes, and a shortened address leads nowhere.
URL_LIMIT_BYTES = 1900
#: A model's shown name: it stands in a link, and in a list of ten (settings).
MODEL_NAME_LIMIT_CHARS = 16
#: The largest number that is ever said; more is said as this.
MOST_COUNTED = 9999
LONGEST_BYTES: Mapping[str, int] = {
    "word": 32,
    "link": 62 + 3 * 32 + 3 + 9 + LABEL_LIMIT_BYTES,
    "question": QUESTION_LIMIT_BYTES,
    "count": 4,
    "part": 4,
    "total": 4,
    "chars": 7,
    # A link's markup, the word, the number sign, a number, and the label.
    "retry": 62 + COMMAND_LINK_LIMIT_BYTES + 3 + 9 + LABEL_LIMIT_BYTES,
    # The same with a blank and a code of 6 digits.
    "confirm": 62 + COMMAND_LINK_LIMIT_BYTES + 3 + 6 + LABEL_LIMIT_BYTES,
    # A link's markup, the word, the number sign, a number, and a thumb.
    "good": 62 + COMMAND_LINK_LIMIT_BYTES + 3 + 9 + 4,
    "bad": 62 + COMMAND_LINK_LIMIT_BYTES + 3 + 9 + 4,
    "command": COMMAND_LIMIT_BYTES,
    "commands": 9 * (HELP_LINE_LIMIT_BYTES + 1),
    "seconds": 7,
    "minutes": 2,
    "time": len("14:05"),
    "date": len("2026-12-01"),
    # What the AI is told of a place or a link: 100 or 200 characters of up to 4 bytes.
    "label": 400,
    "latitude": len("-90.123456"),
    "longitude": len("-180.123456"),
    "title": 400,
    "description": 800,
    "url": URL_LIMIT_BYTES,
    "model": 4 * MODEL_NAME_LIMIT_CHARS,
}
#: How long a sentence may be with its placeholders at their longest, in bytes of UTF-8.
#: A reply holds 2047. Around a part of at least 600 may stand, at once: a quote or the head of a
#: repetition, the restart or a notice, the failure and the label (240 each), and the paging
#: (440), with 2 bytes between any two: 600 + 4 * 240 + 440 + 5 * 2 = 2010. Announcements of
#: other answers are left out where they do not fit. A sentence of its own may have such
#: neighbours but no part: 900 + 2 * 240 + 2 * 2 = 1384.
SENTENCE_LIMIT_BYTES = 900
PAGING_LIMIT_BYTES = 440
FRAME_LIMIT_BYTES = 240
_LIMITS_BYTES: Mapping[str, int] = {
    "again": FRAME_LIMIT_BYTES,
    "ai_label": FRAME_LIMIT_BYTES,
    "conversation_restarted": FRAME_LIMIT_BYTES,
    "failed_incomplete": FRAME_LIMIT_BYTES,
    "failed_person": FRAME_LIMIT_BYTES,
    "failed_refused": FRAME_LIMIT_BYTES,
    # It stands alone.
    "help": 2047,
    **dict.fromkeys((key for key in SENTENCES if key.startswith("help_")), HELP_LINE_LIMIT_BYTES),
    "feedback": PAGING_LIMIT_BYTES,
    "heard": FRAME_LIMIT_BYTES,
    # The AI reads it.
    "link_url": 2047,
    "more": PAGING_LIMIT_BYTES,
    "more_coming": PAGING_LIMIT_BYTES,
    "notice_corrected": FRAME_LIMIT_BYTES,
    "notice_regenerated": FRAME_LIMIT_BYTES,
    "part": FRAME_LIMIT_BYTES,
    "part_last": FRAME_LIMIT_BYTES,
    "pickup_label": LABEL_LIMIT_BYTES,
    "quote": FRAME_LIMIT_BYTES,
    "model_list": FRAME_LIMIT_BYTES,
    "model_list_open": FRAME_LIMIT_BYTES,
    "retry_label": LABEL_LIMIT_BYTES,
    "forget_label": LABEL_LIMIT_BYTES,
    "sources_head": FRAME_LIMIT_BYTES,
    "status_more": FRAME_LIMIT_BYTES,
    "suggestions_head": FRAME_LIMIT_BYTES,
    "status_queued": PAGING_LIMIT_BYTES,
    "status_running": PAGING_LIMIT_BYTES,
    # It stands where the start of a question would.
    "unheard": QUESTION_LIMIT_BYTES,
    "unread_answer": PAGING_LIMIT_BYTES,
    "unread_rest": PAGING_LIMIT_BYTES,
}


def flaw(key: str, template: str) -> Flaw | None:
    """Why an operator's own sentence cannot be used; None when it can."""
    if key not in SENTENCES:
        return Flaw.UNKNOWN
    if not template.strip():
        return Flaw.EMPTY
    try:
        parsed = _parsed(template)
    except ValueError:
        return Flaw.PLACEHOLDERS
    used = [name for _, name in parsed if name is not None]
    # Each at most once: a link that stands there a hundred times fits no reply.
    if len(used) > len(set(used)) or set(used) - placeholders(SENTENCES[key].zh):
        return Flaw.PLACEHOLDERS
    size_bytes = sum(len(literal.encode()) for literal, _ in parsed)
    size_bytes += sum(LONGEST_BYTES[name] for name in used)
    return Flaw.TOO_LONG if size_bytes > limit_bytes(key) else None


def limit_bytes(key: str) -> int:
    """How long an operator's own sentence of this key may be when filled, in bytes of UTF-8."""
    return _LIMITS_BYTES.get(key, SENTENCE_LIMIT_BYTES)


@dataclass(frozen=True)
class Texts:
    """One account's sentences: its language, with the operator's own words where he chose some."""

    language: Language = Language.CHINESE
    overrides: Mapping[str, str] | None = None

    def say(self, key: str, **values: object) -> str:
        """The sentence of `key` with its placeholders filled in."""
        template = (self.overrides or {}).get(key)
        if template is None:
            template = SENTENCES[key].within(self.language)
        return template.format(**values)
