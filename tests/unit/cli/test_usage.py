"""`yingda usage`: what it prints of a real database, and what it says when it cannot."""

import csv
import datetime as dt
import io
import json
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from support.settings import LEAST_FILE, from_file
from support.stores import Desk, turn_id_of
from yingda.cli.usage import DONE, MISCONFIGURED, UsageErrand, run_usage
from yingda.cli.usage_texts import HEADINGS, SENTENCES
from yingda.clock import VirtualClock
from yingda.errors import FailureKind, StoreError
from yingda.store.cost_base import Charge, Cost, UsageKey
from yingda.store.runs import Outcome
from yingda.texts import Language

SHANGHAI = ZoneInfo("Asia/Shanghai")
TWENTIETH = dt.datetime(2026, 11, 20, 12, tzinfo=SHANGHAI).timestamp()
DAY_S = 86_400


async def fill(folder: Path) -> None:
    """Two answers and a failure on the 20th, one answer on the 22nd."""
    desk = Desk("sqlite", folder / "data")
    await desk.open()
    ends = [
        (TWENTIETH, "o_ann", 1_500_000_000, None),
        (TWENTIETH + 60, "o_bob", 2_000_000_000, None),
        (TWENTIETH + 120, "o_bob", None, FailureKind.BUSY),
        (TWENTIETH + 2 * DAY_S, "o_ann", 250_000_000, None),
    ]
    for number, (at, openid, price_nano, failure) in enumerate(ends):
        entered = await desk.ask(f"m:{number}", openid=openid, at=at)
        claim = await desk.store.claim(turn_id_of(entered), at)
        assert claim is not None
        outcome = Outcome(answer="答", failure=failure, cost=cost(price_nano, at))
        await desk.store.finish(claim.turn.id, claim.turn.run_no, outcome, at + 4)
    await desk.close()


def cost(price_nano: int | None, at: float) -> Cost:
    if price_nano is None:
        return Cost(month="2026-11")
    return Cost(
        month="2026-11",
        prompt_tokens=1200,
        cached_prompt_tokens=200,
        completion_tokens=30,
        total_tokens=1230,
        currency="CNY",
        price_nano=price_nano,
        first_text_at=at + 1,
        charges=(Charge(currency="CNY", price_nano=price_nano),),
    )


def run(folder: Path, language: Language = Language.ENGLISH, **errand: object) -> tuple[int, str]:
    text = LEAST_FILE + f'[store]\ndata_dir = "{folder / "data"}"\n'
    clock = VirtualClock(TWENTIETH + 3 * DAY_S)
    screen = io.StringIO()
    asked = UsageErrand(**errand)  # type: ignore[arg-type]
    return run_usage(from_file(folder, text), asked, screen, language, clock), screen.getvalue()


async def test_the_month_s_days_are_shown_with_their_total(tmp_path: Path) -> None:
    await fill(tmp_path)
    status, shown = run(tmp_path)
    title, head, first, second, total, note = shown.splitlines()
    assert (status, title) == (DONE, "2026-11-01 to 2026-11-23")
    assert head.split()[:3] == ["day", "questions", "failed"]
    assert " ".join(first.split()) == ("2026-11-20 3 1 0 2,400 60 3.50 CNY 1.0 / 1.0 4.0 / 4.0")
    assert second.startswith("2026-11-22")
    assert " ".join(total.split()) == "total 4 1 0 3,600 90 3.75 CNY"
    assert note == SENTENCES["times"].en
    assert len({len(line) for line in (head, first, second)}) == 1


async def test_followers_stand_by_their_pseudonyms_unless_openids_are_asked_for(
    tmp_path: Path,
) -> None:
    await fill(tmp_path)
    for form in ("table", "json", "csv"):
        _, shown = run(tmp_path, by=UsageKey.FOLLOWER, form=form)
        assert "wx-pseudonym" in shown
        assert "o_ann" not in shown
        _, shown = run(tmp_path, by=UsageKey.FOLLOWER, form=form, shows_openids=True)
        # Who costs most comes first.
        assert shown.index("o_bob") < shown.index("o_ann")


@pytest.mark.parametrize(("by", "name"), [(UsageKey.ACCOUNT, "shop"), (UsageKey.PROVIDER, "dify")])
async def test_json_has_stable_names_and_exact_prices(
    tmp_path: Path, by: UsageKey, name: str
) -> None:
    await fill(tmp_path)
    status, printed = run(tmp_path, by=by, form="json", since="2026-11-20", until="2026-11-20")
    assert (status, printed.count("\n")) == (DONE, 1)
    assert json.loads(printed) == {
        "by": by.value,
        "since": "2026-11-20",
        "until": "2026-11-20",
        "rows": [
            {
                by.value: name,
                "turns": 3,
                "failed": 1,
                "cancelled": 0,
                "prompt_tokens": 2400,
                "cached_prompt_tokens": 400,
                "completion_tokens": 60,
                "prices": {"CNY": "3.50"},
                "first_text_p50_s": 1.0,
                "first_text_p95_s": 1.0,
                "answer_p50_s": 4.0,
                "answer_p95_s": 4.0,
            }
        ],
    }


async def test_csv_has_one_line_a_day_with_a_head(tmp_path: Path) -> None:
    await fill(tmp_path)
    _, printed = run(tmp_path, form="csv")
    rows = list(csv.DictReader(io.StringIO(printed)))
    told = [(row["day"], row["turns"], row["price"], row["currency"]) for row in rows]
    assert told == [("2026-11-20", "3", "3.50", "CNY"), ("2026-11-22", "1", "0.25", "CNY")]


async def test_a_day_begins_at_midnight_of_the_account_s_zone(tmp_path: Path) -> None:
    await fill(tmp_path)
    text = LEAST_FILE.replace("provider =", 'time_zone = "America/Los_Angeles"\nprovider =')
    text += f'[store]\ndata_dir = "{tmp_path / "data"}"\n'
    clock = VirtualClock(TWENTIETH + 3 * DAY_S)
    screen = io.StringIO()
    # Noon of Shanghai is the evening of the day before there.
    errand = UsageErrand(form="json", since="2026-11-19", until="2026-11-19")
    run_usage(from_file(tmp_path, text), errand, screen, Language.ENGLISH, clock)
    assert json.loads(screen.getvalue())["rows"][0]["turns"] == 3


async def test_a_time_without_questions_is_told_so(tmp_path: Path) -> None:
    await fill(tmp_path)
    status, shown = run(tmp_path, since="2026-10-01", until="2026-10-31")
    assert (status, shown.splitlines()[1]) == (DONE, SENTENCES["nothing"].en)


@pytest.mark.parametrize(
    ("errand", "key"),
    [
        ({"since": "yesterday"}, "no_date"),
        ({"until": "2026-02-30"}, "no_date"),
        ({"since": "2026-11-02", "until": "2026-11-01"}, "no_days"),
        ({"since": "2020-01-01"}, "too_many_days"),
        ({"account": "school"}, "no_account"),
        ({}, "no_database"),
    ],
)
@pytest.mark.parametrize("language", Language)
def test_what_cannot_be_told_says_why_and_makes_nothing(
    tmp_path: Path, language: Language, errand: dict[str, object], key: str
) -> None:
    status, said = run(tmp_path, language, **errand)
    assert status == MISCONFIGURED
    fragments = re.split(r"\{\w+\}", SENTENCES[key].within(language))
    assert all(fragment in said for fragment in fragments)
    assert said.count("\n") == 1
    assert not (tmp_path / "data").exists()


def test_a_file_of_another_version_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "yingda.sqlite3").write_bytes(b"no database at all, but long enough" * 9)
    with pytest.raises(StoreError):
        run(tmp_path)


def test_every_heading_stands_in_both_languages() -> None:
    assert all(each.zh and each.en for each in HEADINGS.values())


async def test_a_day_far_ahead_means_no_end(tmp_path: Path) -> None:
    await fill(tmp_path)
    status, printed = run(
        tmp_path, by=UsageKey.ACCOUNT, form="json", since="0001-01-01", until="9999-12-31"
    )
    assert status == DONE
    assert json.loads(printed)["rows"][0]["turns"] == 4
