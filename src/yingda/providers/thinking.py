"""A model's printed reasoning, taken out of the answer while it streams.

Knows the two forms that Dify lets through inside the answer: `<think>…</think>` as models
print it, and the folded `<details><summary> Thinking... </summary>…</details>` of Dify around
1.0. Any other `<details>` is the answer's own, and so is a tag in the answer's code. A template
that opens the reasoning itself leaves only its end to be printed: then all before is reasoning.
Pure; what it gives does not depend on where the text was cut into pieces.
"""

import regex

from yingda.providers.code_watch import CodeWatch

#: A tag quoted in backticks is what the answer talks about. The bounds on attributes and blanks
#: are our choice: they limit how much text can be held back while an opening may still come.
_OPENING = regex.compile(
    r"(?<!`)<(?P<think>think)(?:\s[^<>]{0,200})?>"
    r"|(?<![^\n])(?P<lone></think>)"
    r"|<details\b[^<>]{0,400}>\s{0,20}<summary\b[^<>]{0,400}>\s{0,20}Thinking[^<>]{0,40}</summary>",
    regex.IGNORECASE,
)
_THINK_CLOSING = regex.compile("</think>", regex.IGNORECASE)
_DETAILS_CLOSING = regex.compile("</details>", regex.IGNORECASE)
#: Characters of reasoning without a beginning. Our choice: few models think for longer, and an
#: answer that is much longer than that has been read by then.
LONE_LIMIT_CHARS = 40_000


class ThinkingFilter:
    """Passes an answer on, piece by piece, without its reasoning blocks.

    A block without a closing tag reaches to the end of the answer. One without an opening tag
    begins with the answer and ends at a closing tag at the start of a line. Blank space between a
    block and the answer's first words goes with the block.
    """

    __slots__ = (
        "_begun",
        "_closing",
        "_code",
        "_held",
        "_lone_room_chars",
        "_previous",
        "_trim",
        "has_voided",
    )

    def __init__(self) -> None:
        #: Whether all that was given before the last call was reasoning; whoever minds clears it.
        self.has_voided = False
        self._held = ""
        #: How much longer a closing tag may stand alone; none may once a block has opened.
        self._lone_room_chars = LONE_LIMIT_CHARS
        #: The closing tag that is waited for; None outside a block.
        self._closing: regex.Pattern[str] | None = None
        #: The character before `_held`, which decides whether a tag is quoted.
        self._previous = ""
        self._code = CodeWatch()
        self._begun = False
        self._trim = False

    def feed(self, piece: str) -> str:
        """The text that `piece` makes certain to be shown; may be empty."""
        if self._closing is None and not self._held and "<" not in piece:
            return self._show(piece)
        self._held += piece
        return self._drain(final=False)

    def finish(self) -> str:
        """The text held back until now; to be called once, at the end of the answer."""
        return self._drain(final=True)

    def _drain(self, *, final: bool) -> str:
        shown: list[str] = []
        while self._step(shown, final=final):
            pass
        return "".join(shown)

    def _step(self, shown: list[str], *, final: bool) -> bool:
        """Use up `_held` as far as the next tag; False when nothing more can be decided."""
        if self._closing is not None:
            return self._skip_reasoning(final=final)
        text = self._previous + self._held
        begin = len(self._previous)
        match = _OPENING.search(text, begin, partial=not final)
        if match is None or match.partial:
            end = match.start() if match is not None else len(text)
            shown.append(self._show(text[begin:end]))
            self._held = text[end:]
            return False
        shown.append(self._show(text[begin : match.start()]))
        if self._code.is_inside() or (match["lone"] and self._lone_room_chars < 0):
            shown.append(self._show("<"))
            self._held = text[match.start() + 1 :]
            return True
        self._held = text[match.end() :]
        self._previous = ">"
        self._lone_room_chars = -1
        if match["lone"]:
            shown.clear()
            self._void()
        else:
            self._closing = _THINK_CLOSING if match["think"] else _DETAILS_CLOSING
        return True

    def _void(self) -> None:
        """The answer begins only now."""
        self.has_voided = True
        self._code = CodeWatch()
        self._begun = False
        self._trim = True

    def _skip_reasoning(self, *, final: bool) -> bool:
        match = self._closing.search(self._held, partial=not final) if self._closing else None
        if match is None or match.partial:
            self._held = self._held[match.start() :] if match is not None else ""
            return False
        self._held = self._held[match.end() :]
        self._closing = None
        self._trim = not self._begun
        return True

    def _show(self, text: str) -> str:
        if not text:
            return ""
        self._previous = text[-1]
        self._lone_room_chars -= len(text)
        self._code.add(text)
        if self._trim:
            text = text.lstrip()
        if not self._begun and text and not text.isspace():
            self._begun = True
            self._trim = False
        return text


def strip_thinking(text: str) -> str:
    """A whole answer without its reasoning blocks."""
    reasoning = ThinkingFilter()
    return reasoning.feed(text) + reasoning.finish()
