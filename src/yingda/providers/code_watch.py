"""Whether a Markdown text that grows is inside of code at its end.

Knows fences and backticks (CommonMark 0.31, sections 4.5 and 6.1), roughly: a fence is closed by
any other, and a span ends with its line. Pure; what it says does not depend on how the text was
cut into pieces.
"""

#: As much of a line as tells a fence, behind the indent of a list in a list. Our choice.
_HEAD_CHARS = 24
_FENCES = ("```", "~~~")
#: Pieces kept until they are looked at. Our choice: a look costs as much as twenty of them.
_KEPT_PIECES = 32


class CodeWatch:
    """Takes a text in, and looks at it only when asked, or when it has become much."""

    __slots__ = ("_head", "_is_fenced", "_pieces", "_ticks")

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._is_fenced = False
        #: Of the line that is not ended: its beginning, and its backticks.
        self._head = ""
        self._ticks = 0

    def add(self, text: str) -> None:
        """The text goes on so."""
        self._pieces.append(text)
        if len(self._pieces) >= _KEPT_PIECES:
            self._look()

    def is_inside(self) -> bool:
        """Whether what comes next would be code."""
        self._look()
        return self._is_fenced or self._is_fence_line() or self._ticks % 2 == 1

    def _look(self) -> None:
        first, *lines = "".join(self._pieces).split("\n")
        self._pieces.clear()
        self._go_on(first)
        for line in lines:
            self._is_fenced ^= self._is_fence_line()
            self._head = ""
            self._ticks = 0
            self._go_on(line)

    def _go_on(self, line: str) -> None:
        self._head += line[: _HEAD_CHARS - len(self._head)]
        self._ticks += line.count("`")

    def _is_fence_line(self) -> bool:
        return self._head.lstrip().startswith(_FENCES)
