"""The auditor bites: each made-up breach is found by its rule, and clean evidence passes."""

from typing import Any

import msgspec
import pytest

from chaos.answers import answer
from chaos.auditor import RULES, audit
from chaos.bubbles import read_bubble
from chaos.evidence import (
    Call,
    Evidence,
    Exchange,
    LostRunRow,
    Message,
    OfferRow,
    PushRow,
    TurnRow,
)
from chaos.figures import figures
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
PUSHED_BREACHES = [
    ("every_answer_is_seen_whole", LOST),
    ("what_was_sent_has_come", LOST),
    ("what_was_sent_has_come", pushed(messages=(*PUSHED.messages, message(4, SAID[2])))),
    ("nothing_is_shown_twice_needlessly", pushed(messages=(*PUSHED.messages, message(4, SAID[2])))),
    ("parts_go_on_where_they_ended", doubled("sent")),
    ("nothing_is_shown_twice_needlessly", doubled("refused")),
    ("what_was_sent_has_come", doubled("refused")),
    ("no_message_is_beyond_the_quota", six_messages()),
    ("no_message_is_beyond_the_quota", six_messages(QUOTA_USED)),
    ("no_message_is_beyond_the_quota", acting_again(11.6, 11.7)),
    ("what_is_sent_comes_in_order", OUT_OF_ORDER),
    ("what_is_sent_comes_in_order", LOST),
    ("a_text_that_begins_anew_says_so", begun_anew(LABEL)),
    ("bubbles_say_what_they_may", msgspec.structs.replace(begun_anew(ANEW), lost_runs=())),
    ("nothing_is_left", pushed(turns=(turn(1, FIRST, answer(FIRST, 1, 3), is_pushed=1),))),
]
BREACHES = [
    *PUSHED_BREACHES,
    ("every_turn_ends", changed("turns", 0, state="running")),
    ("every_turn_ends", changed("turns", 0, state="failed")),
    ("no_question_is_lost_or_doubled", without("pushes", 0)),
    ("no_question_is_lost_or_doubled", with_more("turns", turn(3, SECOND, answer(SECOND, 1, 1)))),
    ("no_question_is_lost_or_doubled", changed("pushes", 2, turn_id=None)),
    ("no_question_is_lost_or_doubled", changed("pushes", 2, turn_id=1)),
    (
        "no_question_is_lost_or_doubled",
        with_more("exchanges", exchange(9, "held", "", outcomes=(Outcome.TIMED_OUT,), replies=())),
    ),
    ("no_call_is_needless", without("lost_runs", 0)),
    ("no_call_is_needless", changed("calls", 0, is_kept=True)),
    ("no_call_is_needless", with_more("calls", call(SECOND, 2, 7.0))),
    ("no_call_is_needless", with_more("calls", call("1", 1, 7.0))),
    ("no_call_is_needless", three_calls()),
    ("no_call_is_needless", without("calls", 2)),
    ("every_answer_is_of_one_run", changed("turns", 0, answer=WHOLE[:-9])),
    ("every_answer_is_of_one_run", changed("turns", 0, answer=answer(FIRST, 3, 3))),
    ("every_answer_is_of_one_run", changed("turns", 0, answer=f"{PARTS[0]}{WHOLE}")),
    ("no_conversation_is_shared", changed("turns", 1, openid="o_01", conversation_id=2)),
    ("no_conversation_is_shared", changed("calls", 2, user="wx-2")),
    ("no_conversation_is_shared", changed("turns", 1, conversation_id=2)),
    ("order_is_kept", changed("calls", 2, started_s=3.5)),
    ("context_is_kept", changed("calls", 2, asked_in_conversation_id="")),
    ("context_is_kept", changed("calls", 2, asked_in_conversation_id="c-1")),
    ("bubbles_say_what_they_may", changed("exchanges", 2, shown="Traceback")),
    ("bubbles_say_what_they_may", changed("exchanges", 2, shown=answer("f01-01", 1, 1))),
    ("bubbles_say_what_they_may", changed("exchanges", 2, openid="o_01")),
    ("bubbles_say_what_they_may", changed("exchanges", 0, shown=answer(FIRST, 1, 3))),
    ("bubbles_say_what_they_may", changed("exchanges", 1, shown=f"{PARTS[2]}\n\n{PARTS[1]}")),
    ("bubbles_say_what_they_may", changed("exchanges", 1, shown=PARTS[1][:-5])),
    ("parts_go_on_where_they_ended", changed("offers", 1, start_source_chars=ENDS[0] + 1)),
    ("parts_go_on_where_they_ended", with_more("offers", offer(9, 1, 0, ENDS[0]))),
    ("nothing_is_shown_twice_needlessly", with_more("exchanges", exchange(2, "1", PARTS[1]))),
    ("every_answer_is_seen_whole", without("exchanges", 1)),
    ("repeats_get_the_same", changed("exchanges", 0, replies=(b"reply 1", b"other"))),
    ("repeats_get_the_same", changed("pushes", 0, reply=b"other")),
    ("nothing_is_left", changed("turns", 0, is_unread=1)),
    ("nothing_is_left", changed("offers", 0, state="chosen")),
]


@pytest.mark.parametrize("evidence", [CLEAN, PUSHED, doubled("doubtful"), begun_anew(ANEW)])
def test_clean_evidence_passes(evidence: Evidence) -> None:
    assert audit(evidence) == []


def test_a_message_may_be_refused_that_was_chosen_before_the_gateway_knew_of_the_action() -> None:
    rule = "no_message_is_beyond_the_quota"
    assert not any(breach.startswith(rule) for breach in audit(acting_again(15.8, 16.4)))


def test_a_part_that_was_refused_is_offered_again_and_was_not_seen() -> None:
    offers = (part(1, 1), part(2, 2, "refused"), part(3, 2), part(4, 3))
    shown = [message(n, said) for n, said in zip((1, 3, 4), SAID, strict=True)]
    refused = message(2, SAID[1], code=-1)
    assert audit(pushed(offers=offers, messages=(*shown, refused))) == []


@pytest.mark.parametrize(("rule", "evidence"), BREACHES)
def test_a_breach_is_found_by_its_rule(rule: str, evidence: Evidence) -> None:
    assert rule in {breach.partition(":")[0] for breach in audit(evidence)}


def test_every_rule_is_seen_to_bite() -> None:
    assert {rule.__name__ for rule in RULES} == {name for name, _ in BREACHES}


def test_a_part_in_doubt_may_be_offered_and_shown_again() -> None:
    offers = (
        offer(1, 1, 0, ENDS[0], "doubtful"),
        offer(2, 1, 0, ENDS[0]),
        offer(4, 1, ENDS[0], ENDS[1]),
        offer(3, 2, 0, 125),
    )
    shown = exchange(2, "1", f"{PARTS[0]}\n\n{MORE}")
    rest = exchange(4, "1", f"{PARTS[1]}\n\n{PARTS[2]}")
    evidence = msgspec.structs.replace(
        CLEAN,
        pushes=(*CLEAN.pushes, push(4, 1, "pickup")),
        offers=offers,
        exchanges=(CLEAN.exchanges[0], shown, rest, CLEAN.exchanges[2]),
    )
    assert audit(evidence) == []


def test_a_doubt_excuses_one_repetition_and_no_more() -> None:
    offers = [offer(1, 1, 0, ENDS[0], "doubtful"), offer(2, 1, 0, ENDS[0]), offer(3, 1, 0, ENDS[0])]
    evidence = msgspec.structs.replace(CLEAN, offers=tuple(offers))
    assert any(breach.startswith("parts_go_on") for breach in audit(evidence))


def test_a_question_that_a_full_queue_refused_is_none_that_was_lost() -> None:
    said = Texts().say("queue_full", count=4, word="1")
    reply = f"<xml><Content><![CDATA[{said}]]></Content></xml>".encode()
    refused = PushRow(9, "o_00", "m:9", "question", None, reply)
    asked = exchange(9, "f00-03", said, replies=(reply,))
    evidence = msgspec.structs.replace(
        CLEAN, pushes=(*CLEAN.pushes, refused), exchanges=(*CLEAN.exchanges, asked)
    )
    assert audit(evidence) == []


@pytest.mark.parametrize("key", ["waiting", "cleared", "failed_quota", "help", "unread_answer"])
def test_the_gateways_own_sentences_are_known(key: str) -> None:
    text = Texts().say(
        key, word="1", link="[点这里]", question="问", count=2, commands="/clear：开始新的对话"
    )
    assert read_bubble(text).strange == ()
    assert key in read_bubble(text).sentences


def test_figures_count_what_happened() -> None:
    counted = figures(CLEAN)
    assert counted["questions accepted"] == 2
    assert counted["AI calls"] == 3
    assert counted["AI calls beyond the first"] == counted["runs cut by a kill"] == 1
    assert counted["attempts without a whole answer"] == 3
    assert counted["failure lines"] == 0
