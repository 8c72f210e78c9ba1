"""Evidence that nobody left: a clean run, and ways to spoil it. For the tests of the rules."""

from typing import Any

import msgspec

from chaos.answers import answer
from chaos.evidence import (
    Call,
    Ending,
    Evidence,
    Exchange,
    Hop,
    Kind,
    LostRunRow,
    Message,
    Misfortune,
    OfferRow,
    PushRow,
    TurnRow,
)
from yingda.simulator.followers import QUOTA_USED
from yingda.simulator.verdict import Outcome
from yingda.texts import Texts

FIRST, SECOND = "f00-01", "f00-02"
WHOLE = answer(FIRST, 2, 3)
PARTS = WHOLE.split("\n\n")
ENDS = [len(PARTS[0]), len(WHOLE)]
MORE = Texts().say("more", part=1, total=2, word="1", link="[点这里]")
LABEL = Texts().say("ai_label")


def turn(number: int, question: str, text: str, **changes: Any) -> TurnRow:
    row = TurnRow(
        id=number,
        conversation_id=1,
        openid="o_00",
        number=number,
        question=question,
        state="answered",
        run_no=1,
        answer=text,
        failure=None,
        is_unread=0,
    )
    return msgspec.structs.replace(row, **changes)


def push(number: int, turn_id: int, kind: str = "question") -> PushRow:
    return PushRow(number, "o_00", f"m:{number}", kind, turn_id, b"reply %d" % number)


def offer(number: int, turn_id: int, start: int, end: int, state: str = "sent") -> OfferRow:
    return OfferRow(number, turn_id, number, start, 0, end, 0, state)


def call(question: str, nth: int, at_s: float, **changes: Any) -> Call:
    made = Call(
        question=question,
        user="wx-1",
        nth=nth,
        asked_in_conversation_id="",
        conversation_id=f"c-{nth}",
        started_s=at_s,
        ended_s=at_s + 1,
        is_kept=True,
    )
    return msgspec.structs.replace(made, **changes)


def exchange(number: int, sent: str, shown: str, **changes: Any) -> Exchange:
    made = Exchange(
        openid="o_00",
        sent=sent,
        key=f"m:{number}",
        is_question=sent != "1",
        outcomes=(Outcome.UNREACHABLE, Outcome.ANSWERED),
        shown=shown,
        is_failure_line=False,
        replies=(b"reply %d" % number, b"reply %d" % number),
    )
    return msgspec.structs.replace(made, **changes)


#: A question in two parts whose first run was cut, and one more behind it.
CLEAN = Evidence(
    turns=(turn(1, FIRST, WHOLE, run_no=2), turn(2, SECOND, answer(SECOND, 1, 1))),
    pushes=(push(1, 1), push(2, 1, "pickup"), push(3, 2)),
    offers=(offer(1, 1, 0, ENDS[0]), offer(2, 1, ENDS[0], ENDS[1]), offer(3, 2, 0, 125)),
    lost_runs=(LostRunRow(1, 1),),
    calls=(
        call(FIRST, 1, 1.0, is_kept=False),
        call(FIRST, 2, 3.0),
        call(SECOND, 1, 5.0, asked_in_conversation_id="c-2", conversation_id="c-2"),
    ),
    exchanges=(
        exchange(1, FIRST, f"{PARTS[0]}\n\n{MORE}\n\n{LABEL}"),
        exchange(2, "1", f"{PARTS[1]}\n\n{PARTS[2]}\n\n（2/2）\n\n{LABEL}"),
        exchange(3, SECOND, f"{answer(SECOND, 1, 1)}\n\n{LABEL}"),
    ),
    kills=1,
)


def changed(field: str, index: int, **changes: Any) -> Evidence:
    """The clean evidence with one row changed."""
    rows = list(getattr(CLEAN, field))
    rows[index] = msgspec.structs.replace(rows[index], **changes)
    return msgspec.structs.replace(CLEAN, **{field: tuple(rows)})


def without(field: str, index: int) -> Evidence:
    rows = getattr(CLEAN, field)
    return msgspec.structs.replace(CLEAN, **{field: rows[:index] + rows[index + 1 :]})


def with_more(field: str, row: object) -> Evidence:
    return msgspec.structs.replace(CLEAN, **{field: (*getattr(CLEAN, field), row)})


def three_calls() -> Evidence:
    """Each of them is cut and accounted for, and still they are too many."""
    calls = [call(FIRST, nth, float(nth), is_kept=False) for nth in (1, 2, 3)]
    return msgspec.structs.replace(
        changed("turns", 0, run_no=3),
        lost_runs=(LostRunRow(1, 1), LostRunRow(1, 2)),
        calls=(*calls, CLEAN.calls[2]),
    )


#: Bounds of the parts of a pushed answer in three messages.
BOUNDS = [len(answer(FIRST, 1, n, 3)) for n in range(4)]
SAID = answer(FIRST, 1, 3).split("\n\n")


def part(number: int, place: int, state: str = "sent", **changes: Any) -> OfferRow:
    """The paragraph at this place, as a service message."""
    begin, end = BOUNDS[place - 1 : place + 1]
    row = OfferRow(number, 1, None, begin, 0, end, 0, state, offered_at=10.0 + number)
    return msgspec.structs.replace(row, **changes)


def message(number: int, text: str, **changes: Any) -> Message:
    made = Message(openid="o_00", text=text, at_s=10.5 + number)
    return msgspec.structs.replace(made, **changes)


#: A question that was accepted, and answered by three messages.
PUSHED = Evidence(
    turns=(turn(1, FIRST, answer(FIRST, 1, 3), push_end="done"),),
    pushes=(PushRow(1, "o_00", "m:1", "question", 1, b"success", 5.1),),
    offers=(part(1, 1), part(2, 2), part(3, 3)),
    lost_runs=(),
    calls=(call(FIRST, 1, 6.0),),
    exchanges=(
        exchange(1, FIRST, "", outcomes=(Outcome.ACCEPTED,), replies=(b"success",), acted_at_s=5.0),
    ),
    messages=tuple([message(n, f"{said}\n\n{LABEL}") for n, said in enumerate(SAID, 1)]),
)


def pushed(**rows: tuple[object, ...]) -> Evidence:
    return msgspec.structs.replace(PUSHED, **rows)


def doubled(state: str) -> Evidence:
    """The second part is sent twice, and comes twice."""
    return pushed(
        offers=(part(1, 1), part(2, 2, state), part(3, 2), part(4, 3)),
        messages=(*PUSHED.messages[:2], message(3, SAID[1]), message(4, SAID[2])),
    )


def six_messages(code: int = 0) -> Evidence:
    """What one action of the follower opens, and one more."""
    cut = [part(n, 1, "refused" if code and n == 6 else "doubtful") for n in range(1, 7)]
    came = [message(n, SAID[0]) for n in range(1, 6)]
    return pushed(offers=tuple(cut), messages=(*came, message(6, SAID[0], code=code)))


def acting_again(at_s: float, granted_s: float) -> Evidence:
    """The same with another message of the follower, of which the gateway learns later."""
    made = six_messages(QUOTA_USED)
    late = exchange(2, "1", "", acted_at_s=at_s, outcomes=(Outcome.ACCEPTED,))
    known = PushRow(2, "o_00", "m:2", "pickup", 1, b"success", granted_s)
    return msgspec.structs.replace(
        made, exchanges=(*made.exchanges, late), pushes=(*made.pushes, known)
    )


def begun_anew(line: str) -> Evidence:
    """The first part of a run that was cut came; then the whole answer of the next one."""
    again = answer(FIRST, 2, 3)
    return pushed(
        turns=(turn(1, FIRST, again, run_no=2, revision=1, push_end="done"),),
        lost_runs=(LostRunRow(1, 1),),
        calls=(call(FIRST, 1, 6.0, is_kept=False), call(FIRST, 2, 8.0)),
        offers=(part(1, 1), part(2, 1, end_source_chars=BOUNDS[3], revision=1)),
        messages=(PUSHED.messages[0], message(2, f"{line}\n\n{again}")),
    )


ANEW = Texts().say("notice_regenerated")
LOST = pushed(messages=PUSHED.messages[::2])
OUT_OF_ORDER = pushed(messages=tuple([message(n, SAID[n % 3]) for n in (1, 2, 3)]))


# Of many processes

UNSURE = (
    f"<xml><Content><![CDATA[{Texts().say('unconfirmed', word='1')}]]></Content></xml>".encode()
)


def hop(number: int, began_s: float, **changes: Any) -> Hop:
    made = Hop(
        key=f"m:{number}", replica="web 1", began_s=began_s, ended_s=began_s + 1, has_reply=True
    )
    return msgspec.structs.replace(made, **changes)


def misfortune(kind: Kind, began_s: float, **changes: Any) -> Misfortune:
    made = Misfortune(kind=kind, whom="worker 1", began_s=began_s, ended_s=began_s + 1)
    return msgspec.structs.replace(made, **changes)


#: The clean run on two workers, of which one was killed while the first question's answer was
#: written: the other went on 5 s later.
FLEET = msgspec.structs.replace(
    changed("calls", 0, is_kept=False, was_cut=True, started_s=100.0, ended_s=101.0),
    calls=(
        call(FIRST, 1, 100.0, is_kept=False, was_cut=True),
        call(FIRST, 2, 106.0),
        call(SECOND, 1, 108.0, asked_in_conversation_id="c-2", conversation_id="c-2"),
    ),
    lost_runs=(LostRunRow(1, 1, 100.0, 106.0),),
    hops=(hop(1, 100.0, ended_s=105.0, has_reply=False), hop(1, 105.0), hop(2, 107.5), hop(3, 108)),
    misfortunes=(misfortune(Kind.KILL, 101.0),),
    endings=(Ending(1, 2, "answered", WHOLE, None),),
    workers=("worker 1", "worker 2"),
)


def fleet(**rows: tuple[object, ...]) -> Evidence:
    return msgspec.structs.replace(FLEET, **rows)


def refused_by(*misfortunes: Misfortune, **changes: Any) -> Evidence:
    """A question that was told to come again, by a replica to which that was done."""
    asked = exchange(9, "f00-03", "", replies=(UNSURE,), outcomes=(Outcome.ANSWERED,))
    return fleet(
        exchanges=(*FLEET.exchanges, asked),
        hops=(*FLEET.hops, hop(9, 200.0, **changes)),
        misfortunes=(*FLEET.misfortunes, *misfortunes),
    )


def failing(count: int, *, after_s: float = 10.0, **changes: Any) -> Evidence:
    """So many pushes that ended in a failure line; how old they were at their last attempt."""
    numbers = range(20, 20 + count)
    line = {"is_failure_line": True, "outcomes": (Outcome.TIMED_OUT,), "replies": ()}
    return fleet(
        exchanges=(*FLEET.exchanges, *(exchange(n, "1", "", **line) for n in numbers)),
        hops=(
            *FLEET.hops,
            *(hop(n, 300.0 - after_s, replica="", has_reply=False) for n in numbers),
            *(hop(n, 300.0, has_reply=False, **changes) for n in numbers),
        ),
    )
