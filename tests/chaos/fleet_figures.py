"""The figures of many processes, beside those of every run."""

from collections import Counter

from chaos.books import Books, books
from chaos.evidence import Evidence, Kind
from chaos.figures import figures
from chaos.fleet_rules import needless_failure_lines, unkept
from chaos.recoveries import recoveries


def fleet_figures(evidence: Evidence) -> dict[str, float]:
    """What happened, by name; times in seconds."""
    own = books(evidence)
    done = Counter(each.kind for each in evidence.misfortunes)
    return {
        **{str(kind): done[kind] for kind in Kind},
        **figures(evidence),
        "failure lines that a sound replica owed": len(needless_failure_lines(own)),
        "messages that were told to come again": sum(
            bool(unkept(own, each)) for each in evidence.exchanges
        ),
        "pushes answered by several replicas": _by_several(own),
        "endings seen, and the same in the end": len(evidence.endings),
        "runs taken over that no kill had cut": _taken_from_the_living(own),
        **_recovered(own),
    }


def _by_several(own: Books) -> int:
    answered = {key: {hop.replica for hop in hops if hop.replica} for key, hops in own.hops.items()}
    return sum(len(replicas) > 1 for replicas in answered.values())


def _taken_from_the_living(own: Books) -> int:
    """Runs whose worker was paused, or had lost the database."""
    cut = Counter(call.question for call in own.evidence.calls if call.was_cut)
    lost = Counter(own.turns[run.turn_id].question for run in own.evidence.lost_runs)
    return sum((lost - cut).values())


def _recovered(own: Books) -> dict[str, float]:
    every_s = sorted(each.after_s for each in recoveries(own))
    undisturbed_s = sorted(each.after_s for each in recoveries(own) if each.is_undisturbed)
    return {
        "runs cut by a worker's kill": len(every_s),
        "  of them undisturbed until taken over": len(undisturbed_s),
        "  undisturbed: seconds, median": _at(undisturbed_s, 0.5),
        "  undisturbed: seconds, p99": _at(undisturbed_s, 0.99),
        "  undisturbed: seconds, longest": _at(undisturbed_s, 1.0),
        "  all: seconds, longest": _at(every_s, 1.0),
    }


def _at(values: list[float], share: float) -> float:
    return round(values[min(len(values) - 1, int(share * len(values)))], 1) if values else 0.0
