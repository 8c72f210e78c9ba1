"""What holds besides where many processes share one database.

Pure, as all rules. Without misfortunes there is nothing to say.
"""

import math
from collections.abc import Callable, Iterator

from chaos.books import Books
from chaos.bubbles import bubble_of
from chaos.evidence import Ending, Exchange, Kind
from chaos.recoveries import recoveries
from yingda.simulator.verdict import Outcome

#: Promised are 10 s; the machine that tells may be busy with other things. Our choice.
_RECOVERY_LIMIT_S = 20.0
#: A busy machine may miss the half second that is left of a window. Our choice.
_LATE_SHARE, _LATE_LEAST = 0.02, 2
#: A push of this age is not brought again, as the gateway reckons: 9 s, and half a second for the
#: whole seconds of its time stamp. Our choice.
_LAST_CHANCE_S = 9.5
_IN_ORDER = {Kind.ROLL, Kind.WRONG_CLOCK}


def no_attempt_is_refused(own: Books) -> Iterator[str]:
    """Nothing that a follower sends ends in a server error, or in what WeChat cannot read."""
    for exchange in own.evidence.exchanges:
        for outcome in {Outcome.REFUSED, Outcome.ILLEGAL} & set(exchange.outcomes):
            yield f"{exchange.sent} of {exchange.openid} was {outcome}"


def what_has_ended_stays_as_it_is(own: Books) -> Iterator[str]:
    """A worker that was paused, taken for dead and revived changes nothing."""
    for ending in own.evidence.endings:
        turn = own.turns[ending.id]
        now = Ending(turn.id, turn.run_no, turn.state, turn.answer, turn.failure)
        if now != ending:
            yield f"{turn.question} had ended as {ending.state}, run {ending.run_no}, and changed"


def no_process_ends_by_itself(own: Books) -> Iterator[str]:
    """Neither a lost database nor a revived neighbour ends one."""
    for name in own.evidence.deaths:
        yield f"{name} ended unbidden"


def whoever_is_asked_to_stop_does_so_in_order(own: Books) -> Iterator[str]:
    """Promise 8."""
    for each in own.evidence.misfortunes:
        is_excused = own.was_without_database(each.began_s, each.ended_s)
        if each.kind in _IN_ORDER and each.status and not is_excused:
            yield f"{each.whom} ended with status {each.status}"


def nothing_is_refused_but_for_the_database(own: Books) -> Iterator[str]:
    """Where a message is not taken the database was away, or its replica was stopped."""
    for exchange in own.evidence.exchanges:
        hops = own.hops_of(exchange)
        if unkept(own, exchange) and not any(own.was_hindered(hop) for hop in hops):
            yield f"{exchange.sent} of {exchange.openid} was refused for no reason"


def a_failure_line_has_its_reason(own: Books) -> Iterator[str]:
    """Promise 7: whoever can answer the last attempt does so."""
    needless = needless_failure_lines(own)
    if len(needless) > max(_LATE_LEAST, math.ceil(_LATE_SHARE * len(own.turns))):
        for each in needless:
            yield f"{each.openid} saw a failure line over {each.sent}"


def a_run_that_was_cut_goes_on_soon(own: Books) -> Iterator[str]:
    """Within 10 s, and a margin for the machine."""
    for each in recoveries(own):
        if each.is_undisturbed and each.after_s > _RECOVERY_LIMIT_S:
            yield f"{each.question} went on after {each.after_s:.1f} s"


FLEET_RULES: tuple[Callable[[Books], Iterator[str]], ...] = (
    no_attempt_is_refused,
    what_has_ended_stays_as_it_is,
    no_process_ends_by_itself,
    whoever_is_asked_to_stop_does_so_in_order,
    nothing_is_refused_but_for_the_database,
    a_failure_line_has_its_reason,
    a_run_that_was_cut_goes_on_soon,
)


def needless_failure_lines(own: Books) -> list[Exchange]:
    """Those whose last attempt came to a sound replica, which had all it needs to know it for that.

    Where attempts broke off early, the third comes sooner than WeChat's windows make it, and is
    held for a fourth that never comes: how many there were nobody can tell.
    """
    return [
        each
        for each in own.evidence.exchanges
        if each.is_failure_line and (hops := own.hops_of(each))
        if hops[-1].began_s - hops[0].began_s >= _LAST_CHANCE_S
        if not own.was_hindered(hops[-1]) and not hops[-1].has_reply
    ]


def unkept(own: Books, exchange: Exchange) -> list[bytes]:
    """Replies of which nothing is kept and which say so; one process alone never has to."""
    if not own.evidence.misfortunes:
        return []
    push = own.pushes.get((exchange.openid, exchange.key))
    return [
        each
        for each in exchange.replies
        if (push is None or push.reply != each)
        if (bubble := bubble_of(each)) and bubble.asks_to_send_again
    ]
