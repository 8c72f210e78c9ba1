"""Holds a run's evidence against the promises, and says what breaks them.

Pure. Knows no gateway code but the words of its sentences: what the gateway should have done is
told from the questions, the calls at Dify and the bubbles.
"""

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from chaos.answers import Paragraph, answer
from chaos.books import Books, books, first_paragraph, missing
from chaos.bubbles import bubble_of
from chaos.evidence import Call, Evidence, Exchange, OfferRow, TurnRow
from chaos.fleet_rules import FLEET_RULES, unkept
from chaos.pushed_rules import PUSHED_RULES
from yingda.simulator.verdict import Outcome

ENDED = {"answered", "failed"}
#: How far what a process takes for the database's time may be from it. Our choice.
_CLOCKS_APART_S = 0.25


def audit(evidence: Evidence) -> list[str]:
    """Every breach, in words; empty when every promise was kept."""
    own = books(evidence)
    return [f"{rule.__name__}: {breach}" for rule in RULES for breach in rule(own)]


def every_turn_ends(own: Books) -> Iterator[str]:
    """Promise 2: answered, or failed with a reason."""
    for turn in own.turns.values():
        if turn.state not in ENDED:
            yield f"{turn.question} is {turn.state}"
        if turn.state == "failed" and not turn.failure:
            yield f"{turn.question} failed without a reason"


def no_question_is_lost_or_doubled(own: Books) -> Iterator[str]:
    """Promise 2: whatever was taken has its push, and that push its one turn."""
    asked = [each for each in own.evidence.exchanges if each.is_question]
    taken: Counter[int] = Counter()
    for exchange in asked:
        push = own.pushes.get((exchange.openid, exchange.key))
        if push is None and _was_taken(own, exchange):
            yield f"{exchange.sent} was taken and is not in the database"
        if push is not None and push.turn_id is not None:
            taken[push.turn_id] += 1
            if own.turns[push.turn_id].question != exchange.sent:
                yield f"{exchange.sent} became another question"
        elif push is not None and not _is_refusal(push.reply):
            yield f"{exchange.sent} has no turn, and was not refused"
    for turn in own.turns.values():
        if taken[turn.id] != 1:
            yield f"{turn.question} has {taken[turn.id]} pushes"
    if len(own.turn_asking) != len(own.turns):
        yield "a question has more than one turn"


def no_call_is_needless(own: Books) -> Iterator[str]:
    """Promise 1: one call, and one more if that was cut and its answer is gone."""
    lost = Counter(run.turn_id for run in own.evidence.lost_runs)
    for question in own.calls.keys() - own.turn_asking.keys():
        yield f"{question} was asked and is no turn's question"
    for turn in own.turns.values():
        calls = own.calls.get(turn.question, [])
        if turn.state == "answered" and not calls:
            yield f"{turn.question} was answered and never asked"
        if len(calls) > min(2, 1 + lost[turn.id]):
            yield f"{turn.question} has {len(calls)} calls and {lost[turn.id]} lost runs"
        if turn.run_no != 1 + lost[turn.id]:
            yield f"{turn.question} has run {turn.run_no} and {lost[turn.id]} lost runs"
        if any(call.is_kept for call in calls[:-1]):
            yield f"{turn.question} was asked again although Dify had the answer"


def every_answer_is_of_one_run(own: Books) -> Iterator[str]:
    """An answer is what one call brought, whole."""
    for turn in own.turns.values():
        if turn.state != "answered":
            continue
        first = first_paragraph(turn)
        whole = answer(turn.question, first.run, first.count) if first else None
        if first is None or first.question != turn.question or turn.answer != whole:
            yield f"{turn.question} has another text for its answer"
        elif _answering_call(own, turn) is None:
            yield f"{turn.question} has the answer of a run that never was"


def no_conversation_is_shared(own: Books) -> Iterator[str]:
    """Promise 4: a follower, a pseudonym; a conversation at Dify, one conversation here."""
    users: defaultdict[str, set[str]] = defaultdict(set)
    followers: defaultdict[str, set[str]] = defaultdict(set)
    conversations: defaultdict[str, set[int]] = defaultdict(set)
    for question, turn in own.turn_asking.items():
        for call in own.calls.get(question, []):
            users[turn.openid].add(call.user)
            followers[call.user].add(turn.openid)
            conversations[call.conversation_id].add(turn.conversation_id)
    for which in (users, followers, conversations):
        for key, others in which.items():
            if len(others) > 1:
                yield f"{key} goes with {sorted(map(str, others))}"


def order_is_kept(own: Books) -> Iterator[str]:
    """Promise 4: the next question is put when the one before has ended.

    A run that was lost may go on at Dify, for a worker that was taken for dead.
    """
    lost = Counter(run.turn_id for run in own.evidence.lost_runs)
    for turns in own.conversations():
        ended_s, before = 0.0, ""
        for turn in turns:
            calls = own.calls.get(turn.question, [])
            if calls and calls[0].started_s < ended_s:
                yield f"{turn.question} was asked before {before} had ended"
            ends_s = [call.ended_s for call in calls[lost[turn.id] :]]
            if turn.ended_at is not None:
                ends_s.append(turn.ended_at - _CLOCKS_APART_S)
            ended_s, before = max([ended_s, *ends_s]), turn.question


def context_is_kept(own: Books) -> Iterator[str]:
    """Promise 4: each question goes where the answer before it was given, or to a new place."""
    for turns in own.conversations():
        where = ""
        for turn in turns:
            for call in own.calls.get(turn.question, []):
                if call.asked_in_conversation_id != where:
                    yield f"{turn.question} was asked in another conversation"
            given = _answering_call(own, turn)
            where = given.conversation_id if given else where


def bubbles_say_what_they_may(own: Books) -> Iterator[str]:
    """Promise 4: only the follower's own answers, of a run that was, in their order."""
    lost = Counter(run.turn_id for run in own.evidence.lost_runs)
    for openid, bubble in own.bubbles():
        for piece in bubble.strange:
            yield f"{openid} was shown something strange: {piece[:40]!r}"
        for paragraph in bubble.paragraphs:
            turn = own.turn_asking.get(paragraph.question)
            if turn is None or turn.openid != openid:
                yield f"{openid} was shown {paragraph.question}"
            elif own.stands(paragraph):
                continue
            elif not turn.revision or paragraph.run > lost[turn.id]:
                yield f"{paragraph.question} was shown of run {paragraph.run}"
        if not _is_in_order(bubble.paragraphs):
            yield f"{openid} was shown a part out of order"


def parts_go_on_where_they_ended(own: Books) -> Iterator[str]:
    """Promise 3: a part begins where the last one ended, or where one in doubt began.

    One that was refused did not arrive: what follows it may begin there too.
    """
    again = {push.id for push in own.evidence.pushes if push.kind == "again"}
    at: defaultdict[tuple[int, int], tuple[int, int]] = defaultdict(lambda: (0, 0))
    open_again: defaultdict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for offer in own.evidence.offers:
        text = offer.turn_id, offer.revision
        in_doubt = open_again[text]
        restarts = offer.push_id in again and offer.start == (0, 0)
        if offer.start in in_doubt:
            # Whatever was in doubt behind this part is offered again with it.
            in_doubt[:] = [start for start in in_doubt if start < offer.start]
        elif offer.start != at[text] and not restarts:
            yield f"{own.turns[offer.turn_id].question} goes on at {offer.start}"
        at[text] = offer.end
        if own.was_doubted(offer) or offer.state == "refused":
            in_doubt.append(offer.start)


def nothing_is_shown_twice_needlessly(own: Books) -> Iterator[str]:
    """Promise 3: every showing of a paragraph has an offer of its own.

    Twice offered is what was in doubt, or what the follower asked for again: the rule above.
    """
    shown = Counter(paragraph for _, bubble in own.bubbles() for paragraph in bubble.paragraphs)
    offers: defaultdict[int, list[OfferRow]] = defaultdict(list)
    for offer in own.evidence.offers:
        if offer.state != "refused":
            offers[offer.turn_id].append(offer)
    for paragraph, times in shown.items():
        turn = own.turn_asking.get(paragraph.question)
        if turn is None:
            continue
        stands = own.stands(paragraph)
        of_its_text = [
            each for each in offers[turn.id] if (each.revision == turn.revision) == stands
        ]
        if times > sum(paragraph.place in each.places(paragraph) for each in of_its_text):
            yield f"{paragraph.question}, paragraph {paragraph.place}, was shown {times} times"


def every_answer_is_seen_whole(own: Books) -> Iterator[str]:
    """Promise 3: in the end the follower has every paragraph, and of a failure its sentence."""
    for turn in missing(own):
        yield f"{turn.question} was not seen whole"


def repeats_get_the_same(own: Books) -> Iterator[str]:
    """Rule 8: one push, one reply."""
    for exchange in own.evidence.exchanges:
        push = own.pushes.get((exchange.openid, exchange.key))
        kept = {push.reply} if push and push.reply is not None else set()
        if len({*exchange.replies, *kept} - {*unkept(own, exchange)}) > 1:
            yield f"{exchange.sent} of {exchange.openid} got different replies"


def nothing_is_left(own: Books) -> Iterator[str]:
    """After the last pickups nothing is unread, and no delivery unsettled."""
    for turn in own.turns.values():
        if turn.is_unread:
            yield f"{turn.question} is still unread"
        if turn.is_pushed:
            yield f"{turn.question} is still pushed"
    for offer in own.evidence.offers:
        if offer.state == "chosen":
            yield f"offer {offer.id} is unsettled"


RULES: tuple[Callable[[Books], Iterator[str]], ...] = (
    every_turn_ends,
    no_question_is_lost_or_doubled,
    no_call_is_needless,
    every_answer_is_of_one_run,
    no_conversation_is_shared,
    order_is_kept,
    context_is_kept,
    bubbles_say_what_they_may,
    parts_go_on_where_they_ended,
    nothing_is_shown_twice_needlessly,
    every_answer_is_seen_whole,
    repeats_get_the_same,
    nothing_is_left,
    *PUSHED_RULES,
    *FLEET_RULES,
)


def _was_taken(own: Books, exchange: Exchange) -> bool:
    """Whether the gateway let on that it has the question: by a reply, or by holding an attempt."""
    if {*exchange.replies} - {*unkept(own, exchange)}:
        return True
    hops = own.hops_of(exchange)
    was_held = Outcome.TIMED_OUT in exchange.outcomes
    return was_held and not any(own.was_hindered(hop) for hop in hops)


def _is_refusal(reply: bytes | None) -> bool:
    bubble = bubble_of(reply or b"")
    return bubble is not None and "queue_full" in bubble.sentences


def _answering_call(own: Books, turn: TurnRow) -> Call | None:
    first = first_paragraph(turn)
    calls = own.calls.get(turn.question, [])
    return next((call for call in calls if first and call.nth == first.run), None)


def _is_in_order(paragraphs: tuple[Paragraph, ...]) -> bool:
    pairs = itertools.pairwise(paragraphs)
    return all(a.question == b.question and b.place == a.place + 1 for a, b in pairs)
