"""The rules of many processes bite, and excuse what is to be excused."""

import pytest

from chaos.auditor import audit
from chaos.books import books
from chaos.evidence import Ending, Evidence, Kind, LostRunRow
from chaos.fleet_figures import fleet_figures
from chaos.fleet_rules import FLEET_RULES
from chaos.made_up import (
    FIRST,
    FLEET,
    WHOLE,
    call,
    exchange,
    failing,
    fleet,
    hop,
    misfortune,
    refused_by,
)
from chaos.recoveries import recoveries
from yingda.simulator.verdict import Outcome

SENT_500 = exchange(2, "1", "", outcomes=(Outcome.REFUSED, Outcome.ANSWERED))
AWAY = misfortune(Kind.DATABASE, 99.5, whom="")
LATE = fleet(lost_runs=(LostRunRow(1, 1, 100.0, 121.5),))
BREACHES = [
    ("no_attempt_is_refused", fleet(exchanges=(*FLEET.exchanges[:1], SENT_500))),
    ("what_has_ended_stays_as_it_is", fleet(endings=(Ending(1, 1, "answered", WHOLE, None),))),
    ("what_has_ended_stays_as_it_is", fleet(endings=(Ending(1, 2, "answered", "other", None),))),
    ("no_process_ends_by_itself", fleet(deaths=("web 2",))),
    (
        "whoever_is_asked_to_stop_does_so_in_order",
        fleet(misfortunes=(misfortune(Kind.ROLL, 50.0, status=1),)),
    ),
    ("nothing_is_refused_but_for_the_database", refused_by()),
    (
        "nothing_is_refused_but_for_the_database",
        refused_by(misfortune(Kind.PAUSE, 200.0, whom="web 2")),
    ),
    ("a_failure_line_has_its_reason", failing(3)),
    ("a_run_that_was_cut_goes_on_soon", LATE),
]


def breached(evidence: Evidence) -> set[str]:
    return {breach.partition(":")[0] for breach in audit(evidence)}


@pytest.mark.parametrize(
    "evidence",
    [
        FLEET,
        refused_by(misfortune(Kind.PAUSE, 200.5, whom="web 1")),
        refused_by(misfortune(Kind.DATABASE, 198.0, whom="")),
        failing(2),
        failing(9, was_cut=True),
        failing(9, replica=""),
        failing(9, after_s=7.0),
        fleet(misfortunes=(misfortune(Kind.ROLL, 100.0, status=1), AWAY)),
    ],
)
def test_what_has_its_reason_is_no_breach(evidence: Evidence) -> None:
    assert audit(evidence) == []


@pytest.mark.parametrize(("rule", "evidence"), BREACHES)
def test_a_breach_of_the_fleet_is_found_by_its_rule(rule: str, evidence: Evidence) -> None:
    assert rule in breached(evidence)


def test_every_rule_of_the_fleet_is_seen_to_bite() -> None:
    assert {rule.__name__ for rule in FLEET_RULES} == {name for name, _ in BREACHES}


def test_a_run_is_timed_from_the_kill_of_its_worker_to_the_next_run() -> None:
    (found,) = recoveries(books(FLEET))
    assert (found.question, found.after_s, found.is_undisturbed) == (FIRST, 5.0, True)


@pytest.mark.parametrize(
    "beside", [AWAY, misfortune(Kind.PAUSE, 103.0, whom="worker 2", ended_s=109.0)]
)
def test_a_run_is_not_judged_by_the_clock_while_nobody_could_take_it(beside: object) -> None:
    evidence = fleet(misfortunes=(*FLEET.misfortunes, beside), lost_runs=LATE.lost_runs)
    (found,) = recoveries(books(evidence))
    assert not found.is_undisturbed
    assert "a_run_that_was_cut_goes_on_soon" not in breached(evidence)


def test_a_stream_that_another_kill_broke_off_is_not_timed_by_this_one() -> None:
    early = call(FIRST, 1, 99.0, is_kept=False, was_cut=True)
    assert recoveries(books(fleet(calls=(early, *FLEET.calls[1:])))) == []


def test_an_attempt_that_a_paused_replica_held_is_no_sign_that_it_took_the_question() -> None:
    held = exchange(9, "f00-03", "", replies=(), outcomes=(Outcome.TIMED_OUT,))
    evidence = fleet(
        exchanges=(*FLEET.exchanges, held),
        hops=(*FLEET.hops, hop(9, 200.0, has_reply=False)),
        misfortunes=(*FLEET.misfortunes, misfortune(Kind.PAUSE, 200.0, whom="web 1")),
    )
    assert audit(evidence) == []
    sound = fleet(exchanges=evidence.exchanges, hops=evidence.hops)
    assert breached(sound) == {"no_question_is_lost_or_doubled"}


def test_figures_of_the_fleet_count_what_happened() -> None:
    counted = fleet_figures(failing(2))
    assert counted["kill -9"] == counted["runs cut by a worker's kill"] == 1
    assert counted["  undisturbed: seconds, p99"] == 5.0
    assert counted["failure lines that a sound replica owed"] == 2
    assert counted["runs taken over that no kill had cut"] == 0
