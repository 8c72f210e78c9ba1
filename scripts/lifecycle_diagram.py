"""Writes the diagram of a turn's life into the pages that show it, from `yingda.turn.lifecycle`."""

import re
from pathlib import Path

from yingda.turn.diagram import mermaid

DOCS = Path(__file__).parents[1] / "docs/discussions"
PAGES = (DOCS / "the-route.md", DOCS / "the-route.zh-CN.md")
#: What stands between the comment that names this script's verb and the next one.
_PLACE = re.compile(r"(?<=make diagram)([^\n]*-->\n).*?(?=<!--)", re.DOTALL)


def drawn(page: str) -> str:
    """The page with the diagram as it is now."""
    return _PLACE.sub(lambda found: f"{found[1]}\n```mermaid\n{mermaid()}\n```\n\n", page)


if __name__ == "__main__":
    for path in PAGES:
        path.write_text(drawn(path.read_text(encoding="utf-8")), encoding="utf-8")
