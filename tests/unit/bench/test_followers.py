"""How replies of the load line are told apart, and counted."""

import random

import pytest

from bench import followers
from bench.followers import ANSWER, Seen, Way, summary, way_of
from bench.soak import Sample, rows_of
from yingda.simulator.dify_script import DifyScript, Trouble, pieces_of, steered
from yingda.texts import Texts


def seen(way: Way, delay_s: float = 1.0, pickups: int = 0, lag_s: float | None = None) -> Seen:
    return Seen(
        way=way,
        delay_s=delay_s,
        pickups=pickups,
        is_failure=False,
        is_whole=way is not Way.NEVER,
        lag_s=lag_s,
    )


LINK = '<a href="weixin://bizmsgmenu?msgmenucontent=1&msgmenuid=1">点这里</a>'
FIRST_PART = ANSWER[:55] + f"\n\n（1）{LINK}看下文"


@pytest.mark.parametrize(
    ("text", "is_first_part", "is_promise"),
    [
        (FIRST_PART, True, False),
        (ANSWER[:55] + "\n\n稍后回复 1 看下文", True, False),
        (ANSWER[:39] + "\n\n稍后回复 1 看下文", False, True),
        (ANSWER[:55], False, False),
        (ANSWER + f"\n\n{LINK}", False, False),
        (f"正在思考。稍后回复 1 或{LINK}", False, True),
    ],
)
def test_a_first_part_shows_enough_of_the_answer_and_says_how_to_get_more(
    text: str, *, is_first_part: bool, is_promise: bool
) -> None:
    assert followers.is_first_part(text) is is_first_part
    assert followers.is_promise(text) is is_promise


def test_the_answer_makes_as_many_events_as_it_claims_and_fits_one_part() -> None:
    # Fewer pieces would also end sooner than the question asks for.
    assert len(pieces_of(ANSWER, followers.EVENT_COUNT)) == followers.EVENT_COUNT
    assert len(ANSWER) == followers.ANSWER_CHARS
    assert len(ANSWER.encode()) <= 1800


@pytest.mark.parametrize("key", ["waiting", "waiting_queued", "queue_full"])
def test_every_sentence_that_says_to_come_again_is_known(key: str) -> None:
    text = Texts().say(key, word="1", link="点这里", count=2)
    assert followers.is_promise(text)


@pytest.mark.parametrize("key", ["help", "nothing_yet", "cleared"])
def test_other_sentences_are_no_promise(key: str) -> None:
    assert not followers.is_promise(Texts().say(key, word="1", link="点这里", commands="/clear"))


@pytest.mark.parametrize(
    ("text", "decided_by", "pickups", "way"),
    [
        (ANSWER, 1, 0, Way.FIRST),
        (ANSWER, 2, 0, Way.SECOND),
        (ANSWER, 3, 0, Way.THIRD),
        (FIRST_PART, 3, 0, Way.PART),
        (FIRST_PART, 1, 1, Way.PICKUP),
        (ANSWER[:60] + "\n\n连接断了，上面的回答不完整。", 2, 0, Way.BROKEN),
        (ANSWER, 1, 1, Way.PICKUP),
        ("服务太忙", 2, 0, Way.SECOND),
    ],
)
def test_the_way_is_read_from_the_first_reply_that_is_no_promise(
    text: str, decided_by: int, pickups: int, way: Way
) -> None:
    assert way_of(text, decided_by=decided_by, pickups=pickups) is way


def test_a_question_steers_the_simulated_dify_to_its_span() -> None:
    dice = random.Random(7)
    for n in range(50):
        asked = followers.question(dice, f"{n}", fault_share=0.0, median_s=6.0)
        script = steered(DifyScript(pieces=followers.EVENT_COUNT), asked)
        span_s = script.first_s + script.gap_s * script.pieces
        assert script.trouble is Trouble.NONE
        assert 0.1 < span_s <= 60.1


def test_as_many_questions_fail_as_are_meant_to() -> None:
    dice = random.Random(11)
    asked = [followers.question(dice, "q", fault_share=0.1, median_s=6.0) for _ in range(2000)]
    faulty = [steered(DifyScript(), each).trouble for each in asked]
    assert 150 < sum(trouble is not Trouble.NONE for trouble in faulty) < 250


def test_the_summary_counts_shares_delays_and_pickups() -> None:
    found = summary(
        [
            seen(Way.FIRST, 2.0, lag_s=0.001),
            seen(Way.SECOND, 9.0, lag_s=0.003),
            seen(Way.PICKUP, 25.0, pickups=1),
            seen(Way.NEVER, 99.0, pickups=4),
        ]
    )
    absent = {Way.THIRD, Way.PART, Way.BROKEN}
    assert found["ways"] == {way.value: 0.25 * (way not in absent) for way in Way}
    assert found["seen_whole"] == 0.75
    assert found["seen_by_itself"] == 0.5
    assert found["seen_with_one_pickup"] == 0.75
    assert found["delay_max_s"] == 25.0
    assert found["lag_p99_s"] == 0.003


@pytest.mark.parametrize(("leak_kb_per_s", "verdict"), [(0.0, "yes"), (10.0, "NO")])
def test_a_soak_tells_a_leak_from_a_plateau(leak_kb_per_s: float, verdict: str) -> None:
    # Memory grows while the process warms up, whether or not it leaks.
    samples = [
        Sample(age_s=float(s), rss_kb=60_000 + 100 * min(s, 300) + leak_kb_per_s * s, handles=80)
        for s in range(0, 1800, 5)
    ]
    slope, handles, *_ = rows_of(samples, question_count=36_000)
    assert slope.is_met is (verdict == "yes")
    assert handles.is_met is True
    assert slope.ours == pytest.approx(1000 * leak_kb_per_s / 20, rel=0.01, abs=0.1)
