"""The evidence in order, with what the rules look up in it.

Pure. Judges nothing; the rules do.
"""

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from chaos.answers import Paragraph, read_paragraph
from chaos.bubbles import Bubble, read_bubble
from chaos.evidence import Call, Evidence, Exchange, Hop, Kind, OfferRow, PushRow, TurnRow

#: How long a database that is back may still be missed. Our choice: a pool waits for 2 s at most
#: before it tries again.
DATABASE_GRACE_S = 3.0
#: What a process that was stopped does late. Our choice.
_PROCESS_GRACE_S = 0.5


class Books(msgspec.Struct, frozen=True):
    """The evidence, with what the rules look up in it."""

    evidence: Evidence
    turns: dict[int, TurnRow]
    turn_asking: dict[str, TurnRow]
    pushes: dict[tuple[str, str], PushRow]
    calls: dict[str, list[Call]]
    #: Openid and text of every bubble, as they came.
    shown: tuple[tuple[str, str], ...]
    #: By the push's key, in their order.
    hops: dict[str, list[Hop]]

    def bubbles(self) -> Iterator[tuple[str, Bubble]]:
        """What each follower was shown, in its order, but for the platform's failure line."""
        for openid, text in self.shown:
            yield openid, read_bubble(text)

    def was_doubted(self, offer: OfferRow) -> bool:
        """Whether the part may not have arrived, as far as was known at some time.

        No repeat settles a doubt about a service message.
        """
        return offer.state == "doubtful" or (
            offer.push_id is not None and offer.id in self.evidence.doubted
        )

    def was_without_database(self, began_s: float, ended_s: float) -> bool:
        """Whether the database was away then, or not long back."""
        return any(
            each.kind is Kind.DATABASE and each.overlaps(began_s - DATABASE_GRACE_S, ended_s)
            for each in self.evidence.misfortunes
        )

    def was_hindered(self, hop: Hop) -> bool:
        """Whether anything was done to this attempt, to its replica or to the database."""
        if hop.was_cut or not hop.replica or self.was_without_database(hop.began_s, hop.ended_s):
            return True
        return any(
            each.whom == hop.replica
            and each.overlaps(hop.began_s - _PROCESS_GRACE_S, hop.ended_s + _PROCESS_GRACE_S)
            for each in self.evidence.misfortunes
        )

    def hops_of(self, exchange: Exchange) -> list[Hop]:
        """How it was brought, in order; none where there is one process."""
        return self.hops.get(exchange.key, [])

    def stands(self, paragraph: Paragraph) -> bool:
        """Whether it is of the text that its turn has in the end."""
        turn = self.turn_asking.get(paragraph.question)
        first = first_paragraph(turn) if turn else None
        if first is not None:
            return first.run == paragraph.run
        # A turn that failed keeps no answer; what was shown of its last run stands.
        calls = self.calls.get(paragraph.question, [])
        return [call.nth for call in calls[-1:]] == [paragraph.run]

    def conversations(self) -> list[list[TurnRow]]:
        """The turns of each conversation, in the order they were asked."""
        found: defaultdict[int, list[TurnRow]] = defaultdict(list)
        for turn in sorted(self.turns.values(), key=lambda turn: turn.id):
            found[turn.conversation_id].append(turn)
        return list(found.values())


def books(evidence: Evidence) -> Books:
    """The evidence in order."""
    calls: defaultdict[str, list[Call]] = defaultdict(list)
    for call in sorted(evidence.calls, key=lambda call: call.nth):
        calls[call.question].append(call)
    return Books(
        evidence=evidence,
        turns={turn.id: turn for turn in evidence.turns},
        turn_asking={turn.question: turn for turn in evidence.turns},
        pushes={(push.openid, push.key): push for push in evidence.pushes},
        calls=dict(calls),
        shown=_shown(evidence),
        hops=_hops(evidence),
    )


def _hops(evidence: Evidence) -> dict[str, list[Hop]]:
    found: defaultdict[str, list[Hop]] = defaultdict(list)
    for hop in sorted(evidence.hops, key=lambda hop: hop.began_s):
        found[hop.key].append(hop)
    return dict(found)


def _shown(evidence: Evidence) -> tuple[tuple[str, str], ...]:
    came = [
        (each.shown_at_s, each.openid, each.shown)
        for each in evidence.exchanges
        if each.shown and not each.is_failure_line
    ]
    came += [(each.at_s, each.openid, each.text) for each in evidence.messages if not each.code]
    return tuple([(openid, text) for _, openid, text in sorted(came, key=lambda each: each[0])])


def missing(own: Books) -> Iterator[TurnRow]:
    """Turns of whose answer the follower has not seen every paragraph."""
    seen = {paragraph for _, bubble in own.bubbles() for paragraph in bubble.paragraphs}
    for turn in own.turns.values():
        first = first_paragraph(turn)
        if first is None:
            continue
        places = range(1, first.count + 1)
        if not {Paragraph(turn.question, first.run, n, first.count) for n in places} <= seen:
            yield turn


def first_paragraph(turn: TurnRow) -> Paragraph | None:
    """How the turn's answer begins."""
    return read_paragraph(turn.answer.split("\n\n")[0])
