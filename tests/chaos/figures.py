"""The figures of a run, counted from its evidence."""

from collections import Counter
from collections.abc import Mapping

from chaos.books import Books, books
from chaos.evidence import Evidence
from yingda.simulator.verdict import Outcome


def figures(evidence: Evidence) -> dict[str, int]:
    """What happened, by name."""
    own = books(evidence)
    exchanges = evidence.exchanges
    asked = [each for each in exchanges if each.is_question]
    attempts = [outcome for each in exchanges for outcome in each.outcomes]
    failure_lines = [each for each in exchanges if each.is_failure_line]
    calls = Counter(call.question for call in evidence.calls)
    shown = Counter(paragraph for _, bubble in own.bubbles() for paragraph in bubble.paragraphs)
    ends = Counter(turn.push_end for turn in evidence.turns if turn.push_end)
    return {
        "kills": evidence.kills,
        "questions sent": len(asked),
        "questions accepted": len(evidence.turns),
        "answered": sum(turn.state == "answered" for turn in evidence.turns),
        "failed with a reason": sum(turn.state == "failed" for turn in evidence.turns),
        "pushes": len(exchanges),
        "attempts": len(attempts),
        "attempts without a whole answer": attempts.count(Outcome.UNREACHABLE),
        "attempts held for a full window": attempts.count(Outcome.TIMED_OUT),
        "replies compared with their repeats": sum(len(each.replies) > 1 for each in exchanges),
        "AI calls": len(evidence.calls),
        "AI calls beyond the first": len(evidence.calls) - len(calls),
        "most AI calls of one question": max(calls.values(), default=0),
        "runs cut by a kill": len(evidence.lost_runs),
        "parts offered": len(evidence.offers),
        "parts in doubt": sum(own.was_doubted(offer) for offer in evidence.offers),
        "paragraphs shown": len(shown),
        "paragraphs shown more than once": sum(times > 1 for times in shown.values()),
        "messages sent": sum(not each.code for each in evidence.messages),
        "messages refused": sum(bool(each.code) for each in evidence.messages),
        "messages in doubt": sum(
            offer.push_id is None and own.was_doubted(offer) for offer in evidence.offers
        ),
        "questions answered by messages alone": ends["done"],
        "questions left for pickup": sum(ends.values()) - ends["done"],
        "texts begun anew": sum(turn.revision > 0 for turn in evidence.turns),
        "failure lines": len(failure_lines),
        "failure lines over an accepted question": sum(
            _is_accepted(own, each.openid, each.key) for each in failure_lines if each.is_question
        ),
    }


def table(counted: Mapping[str, float]) -> str:
    """The figures, one to a line."""
    return "\n".join([f"{name:<46}{number:>7}" for name, number in counted.items()])


def _is_accepted(own: Books, openid: str, key: str) -> bool:
    push = own.pushes.get((openid, key))
    return push is not None and push.turn_id is not None
