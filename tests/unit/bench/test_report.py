"""A bar is met or missed as the row says, and both forms of the report agree."""

import math

import msgspec
import pytest

from bench.report import Judge, Report, Row, figure, missed, table, to_json


def row(ours: float, judge: Judge, bar: float, limit: float | None = None) -> Row:
    return Row(
        name="text",
        what="replies",
        ours=ours,
        unit="/s",
        limit=limit,
        limit_name="raw",
        judge=judge,
        bar=bar,
        bar_is_ratio=limit is not None,
    )


@pytest.mark.parametrize(
    ("ours", "judge", "bar", "limit", "is_met"),
    [
        (2000.0, Judge.AT_LEAST, 2000.0, None, True),
        (1999.0, Judge.AT_LEAST, 2000.0, None, False),
        (1.0, Judge.AT_MOST, 1.0, None, True),
        (1.1, Judge.AT_MOST, 1.0, None, False),
        (60.0, Judge.AT_LEAST, 0.6, 100.0, True),
        (59.0, Judge.AT_LEAST, 0.6, 100.0, False),
        (5.0, Judge.NONE, 0.0, None, None),
        (math.nan, Judge.AT_LEAST, 0.0, None, False),
        (math.nan, Judge.AT_MOST, 1.0, None, False),
    ],
)
def test_a_bar_is_met_at_the_bar_itself_and_never_by_a_missing_figure(
    ours: float,
    judge: Judge,
    bar: float,
    limit: float | None,
    is_met: bool | None,  # noqa: FBT001 a column of the table above
) -> None:
    assert row(ours, judge, bar, limit).is_met is is_met


def test_a_ratio_without_a_limit_meets_no_bar() -> None:
    lone = msgspec.structs.replace(row(1.0, Judge.AT_LEAST, 0.4), bar_is_ratio=True)
    assert lone.ratio is None
    assert lone.is_met is False


def test_only_rows_that_miss_their_bar_are_missed() -> None:
    good, bad = row(3.0, Judge.AT_LEAST, 2.0), row(1.0, Judge.AT_LEAST, 2.0)
    free = row(1.0, Judge.NONE, 0.0)
    assert missed([good, bad, free]) == (bad,)


def test_the_table_has_one_line_for_each_row_and_all_are_equally_wide() -> None:
    rows = [row(30.0, Judge.AT_LEAST, 0.6, 100.0), row(12345.0, Judge.NONE, 0.0)]
    lines = table(rows).splitlines()
    assert len(lines) == 2 + len(rows)
    assert len(set(map(len, lines))) == 1
    assert "30%" in lines[2]
    assert "≥ 60%" in lines[2]
    assert "NO" in lines[2]
    assert "12,345 /s" in lines[3]


def test_the_json_carries_ratio_and_verdict() -> None:
    report = Report(
        machine={"cores": "2"},
        rows=(row(30.0, Judge.AT_LEAST, 0.6, 100.0),),
        details={"text": [1.0]},
    )
    read = msgspec.json.decode(to_json(report))
    assert read["machine"] == {"cores": "2"}
    assert read["rows"][0]["ratio"] == pytest.approx(0.3)
    assert read["rows"][0]["is_met"] is False
    assert read["details"] == {"text": [1.0]}


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0"), (3.0, "3"), (0.1234, "0.123"), (99.44, "99.4"), (1234.5, "1,234")],
)
def test_a_figure_shows_no_more_digits_than_mean_something(value: float, shown: str) -> None:
    assert figure(value) == shown


def test_a_missing_figure_is_a_dash() -> None:
    assert figure(math.nan) == "–"
