"""The budgets of CONTRIBUTING that no other check holds."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
#: CONTRIBUTING, "Budgets".
FILE_LIMIT_LINES = 300


def test_the_budget_of_a_file_is_the_one_that_contributors_read() -> None:
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert f"A file has at most {FILE_LIMIT_LINES} lines" in told


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_a_source_file_keeps_to_its_budget_of_lines(source: Path) -> None:
    assert len(source.read_text(encoding="utf-8").splitlines()) <= FILE_LIMIT_LINES
