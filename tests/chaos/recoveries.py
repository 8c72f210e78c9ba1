"""How soon a run that was cut goes on, told from Dify's book and the database's.

Pure. What was done to whom is in the evidence; which run was whose is told by the instant at
which its stream broke off.
"""

import msgspec

from chaos.books import Books
from chaos.evidence import Call, Kind, LostRunRow, Misfortune, TurnRow

#: Within this time after a kill Dify has seen all streams of the dead break off. Our choice.
_SEEN_WITHIN_S = 0.6
#: Two clocks that are read one after the other. Our choice.
_SLACK_S = 0.25


class Recovery(msgspec.Struct, frozen=True):
    """One run that a kill cut, and how long its question waited for the next."""

    question: str
    after_s: float
    #: The database was there, and so was another worker, all the time.
    is_undisturbed: bool


def recoveries(own: Books) -> list[Recovery]:
    """Of every worker that was killed."""
    kills = [
        each
        for each in own.evidence.misfortunes
        if each.kind is Kind.KILL and each.whom in own.evidence.workers
    ]
    return [
        Recovery(turn.question, lost.taken_over_at - kill.began_s, _is_undisturbed(own, kill, lost))
        for kill in kills
        for call in own.evidence.calls
        if _was_cut_by(call, kill)
        if (turn := own.turn_asking.get(call.question))
        if (lost := _taken_over(own, turn, kill))
    ]


def _was_cut_by(call: Call, kill: Misfortune) -> bool:
    after_s = call.ended_s - kill.began_s
    return call.was_cut and -_SLACK_S <= after_s <= _SEEN_WITHIN_S


def _taken_over(own: Books, turn: TurnRow, kill: Misfortune) -> LostRunRow | None:
    later = [
        each
        for each in own.evidence.lost_runs
        if each.turn_id == turn.id
        and each.started_at <= kill.began_s + _SLACK_S <= each.taken_over_at + 2 * _SLACK_S
    ]
    return min(later, key=lambda each: each.run_no, default=None)


def _is_undisturbed(own: Books, kill: Misfortune, lost: LostRunRow) -> bool:
    span_s = kill.began_s, lost.taken_over_at
    if own.was_without_database(*span_s):
        return False
    hit = {each.whom for each in own.evidence.misfortunes if each.overlaps(*span_s)}
    return any(worker not in hit for worker in own.evidence.workers)
