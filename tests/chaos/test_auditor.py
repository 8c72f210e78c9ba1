"""The auditor bites: each made-up breach is found by its rule, and clean evidence passes."""

import msgspec
import pytest

from chaos.answers import answer
from chaos.auditor import RULES, audit
from chaos.bubbles import read_bubble
from chaos.evidence import (
    Evidence,
    PushRow,
)
from chaos.figures import figures
from chaos.fleet_rules import FLEET_RULES
from chaos.made_up import (
    ANEW,
    CLEAN,
    ENDS,
    FIRST,
    LABEL,
    LOST,
    MORE,
    OUT_OF_ORDER,
    PARTS,
    PUSHED,
    SAID,
    SECOND,
    WHOLE,
    acting_again,
    begun_anew,
    call,
    changed,
    doubled,
    exchange,
    message,
    offer,
    part,
    push,
    pushed,
    six_messages,
    three_calls,
    turn,
    with_more,
    without,
)
from yingda.simulator.followers import QUOTA_USED
from yingda.simulator.verdict import Outcome
from yingda.texts import Texts

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
    # Those of many processes have tests of their own.
    rules = {*RULES} - {*FLEET_RULES}
    assert {rule.__name__ for rule in rules} == {name for name, _ in BREACHES}


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


def test_what_was_sent_behind_a_doubt_is_not_offered_again_for_it() -> None:
    doubted = msgspec.structs.replace(
        CLEAN, offers=(*CLEAN.offers, offer(9, 1, ENDS[0], ENDS[1])), doubted=frozenset({1})
    )
    rule = "parts_go_on_where_they_ended"
    assert any(breach.startswith(rule) for breach in audit(doubted))


def test_an_action_that_is_learnt_of_behind_a_later_one_opens_no_quota() -> None:
    late = exchange(3, "2", "", acted_at_s=4.0, outcomes=(Outcome.ACCEPTED,))
    for made in (six_messages(), six_messages(QUOTA_USED)):
        evidence = msgspec.structs.replace(
            made,
            exchanges=(*made.exchanges, late),
            pushes=(*made.pushes, PushRow(3, "o_00", "m:3", "pickup", 1, b"success", 12.0)),
        )
        rule = "no_message_is_beyond_the_quota"
        assert any(each.startswith(rule) for each in audit(evidence))
