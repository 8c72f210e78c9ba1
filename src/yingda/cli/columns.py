"""Tables on a terminal. Knows widths; refuses to know what stands in them."""

from collections.abc import Sequence

from yingda.cli.demo_screen import width_cells


def aligned(lines: Sequence[Sequence[str]], *, left: int) -> str:
    """Columns of one width each: names to the left, numbers to the right."""
    widths = [max(map(width_cells, column)) for column in zip(*lines, strict=True)]
    shown = ""
    for line in lines:
        cells = []
        for number, (cell, width) in enumerate(zip(line, widths, strict=True)):
            blank = " " * (width - width_cells(cell))
            cells.append(cell + blank if number < left else blank + cell)
        shown += "  ".join(cells).rstrip() + "\n"
    return shown
