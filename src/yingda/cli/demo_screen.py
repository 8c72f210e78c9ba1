"""Chat bubbles on a terminal, plain lines everywhere else.

Knows colours, widths and how a line is erased. Refuses to know what is said. Text that comes from
elsewhere loses its control characters here, so that it cannot steer the terminal.
"""

import shutil
import unicodedata
from collections.abc import Iterator
from typing import TextIO

import regex

#: Our choice: longer lines are hard to read, however wide the terminal is.
_WIDTH_LIMIT_CELLS = 88
#: Our choice: below it nothing can be laid out; such a terminal wraps by itself.
_WIDTH_FLOOR_CELLS = 24

#: A run of Latin letters and signs is not broken; anything else may be, between graphemes.
_PIECE = regex.compile(r"[!-~]+|\X")
_GRAPHEME = regex.compile(r"\X")
_CONTROL = regex.compile(r"[\p{Cc}--[\n\t]]", regex.VERSION1)
#: Asks for the wide, coloured form of the character before it (Unicode: variation selector 16).
_EMOJI_STYLE = "\ufe0f"

_GREEN = "\x1b[32m"
_CYAN = "\x1b[36m"
_DIM = "\x1b[2m"
_RESET = "\x1b[0m"
_ERASE_LINE = "\r\x1b[2K"


def width_cells(text: str) -> int:
    """How many cells of a terminal a line of text takes: two for a Han character."""
    return sum(_grapheme_cells(grapheme) for grapheme in _GRAPHEME.findall(text))


def _grapheme_cells(grapheme: str) -> int:
    if _EMOJI_STYLE in grapheme:
        return 2
    return max(_character_cells(character) for character in grapheme)


def _character_cells(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf", "Cc"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def wrapped(text: str, limit_cells: int) -> Iterator[str]:
    """The lines of `text`, none wider than the limit unless a single character is."""
    for line in text.split("\n"):
        yield from _wrapped_line(line.replace("\t", "    "), limit_cells)


def _wrapped_line(line: str, limit_cells: int) -> Iterator[str]:
    current, used_cells = "", 0
    for piece in _pieces(line, limit_cells):
        cells = width_cells(piece)
        if current and used_cells + cells > limit_cells:
            yield current.rstrip(" ")
            current, used_cells = "", 0
            if piece == " ":
                continue
        current += piece
        used_cells += cells
    yield current


def _pieces(line: str, limit_cells: int) -> Iterator[str]:
    for piece in _PIECE.findall(line):
        if width_cells(piece) <= limit_cells:
            yield piece
        else:
            yield from _GRAPHEME.findall(piece)


class Screen:
    """Where the chat is shown; coloured, wrapped and with a status line only on a terminal."""

    def __init__(self, out: TextIO, *, is_terminal: bool) -> None:
        self.is_terminal = is_terminal
        self._out = out
        columns = shutil.get_terminal_size().columns
        self._width_cells = max(min(columns, _WIDTH_LIMIT_CELLS), _WIDTH_FLOOR_CELLS)
        self._has_status = False

    def prompt(self, name: str) -> None:
        """Invite the next line."""
        self._write(self._coloured(f"{name} › ", _GREEN))

    def line(self, text: str = "") -> None:
        """A line, or several, of our own; dim on a terminal."""
        for line in self._lines(text, indent_cells=0):
            self._write(self._coloured(line, _DIM) + "\n")

    def plain_bubble(self, name: str, colon: str, text: str) -> None:
        """What somebody said, without colours or layout."""
        self._write(f"{name}{colon}{_CONTROL.sub('', text)}\n")

    def bubble(self, name: str, text: str) -> None:
        """What the account said: the name once, a bar before every line."""
        indent_cells = width_cells(name) + 1
        margin = f"{name} "
        for line in self._lines(text, indent_cells=indent_cells + 2):
            self._write(self._coloured(f"{margin}▎ ", _CYAN) + line + "\n")
            margin = " " * indent_cells

    def status(self, text: str) -> None:
        """Show a line that the next call of anything else erases."""
        self._write(_ERASE_LINE + self._coloured(text, _DIM))
        self._has_status = True

    def erase_status(self) -> None:
        """Take the status line back; harmless without one."""
        if self._has_status:
            self._has_status = False
            self._write(_ERASE_LINE)

    def _lines(self, text: str, *, indent_cells: int) -> Iterator[str]:
        clean = _CONTROL.sub("", text)
        if not self.is_terminal:
            return iter(clean.split("\n"))
        # The last cell stays free: some terminals break a line that fills it.
        return wrapped(clean, self._width_cells - indent_cells - 1)

    def _coloured(self, text: str, colour: str) -> str:
        return f"{colour}{text}{_RESET}" if self.is_terminal else text

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()
