"""Who is let in, when days begin, and how a time is told."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.house import account
from yingda.engine.accounts.accounts import Account
from yingda.engine.intake.admission import Door, day_began_at, door, refusal_sentence, shown_time
from yingda.engine.intake.commands import interpret
from yingda.store.entries import Bound, Refusal
from yingda.texts import Language, Texts
from yingda.wechat.base import Message
from yingda.wechat.messages import decode

SHANGHAI = ZoneInfo("Asia/Shanghai")
ZONES = st.sampled_from(["Asia/Shanghai", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"])


def message(openid: str, kind: str = "text", event: str = "") -> Message:
    return decode(
        f"<xml><ToUserName>gh_a</ToUserName><FromUserName>{openid}</FromUserName>"
        f"<CreateTime>1704067200</CreateTime><MsgType>{kind}</MsgType><Event>{event}</Event>"
        "<EventKey>/clear</EventKey><Content>问</Content><MsgId>1</MsgId></xml>".encode()
    )


def door_for(of: Account, pushed: Message) -> Door:
    intent = interpret(pushed, pickup_word="1", words=of.command_words, duties=of.duties)
    return door(of, pushed, intent)


@pytest.mark.parametrize(
    ("blocked", "allowed", "expected"),
    [
        ((), None, Door.OPEN),
        (("o_other",), None, Door.OPEN),
        (("o_ann",), None, Door.BLOCKED),
        ((), ("o_ann",), Door.OPEN),
        ((), ("o_other",), Door.NOT_ALLOWED),
        (("o_ann",), ("o_ann",), Door.BLOCKED),
    ],
)
@pytest.mark.parametrize("kind", ["text", "image", "voice", "unheard_of"])
def test_lists_decide_about_every_kind_of_message(
    blocked: tuple[str, ...], allowed: tuple[str, ...] | None, expected: Door, kind: str
) -> None:
    guests = None if allowed is None else frozenset(allowed)
    of = account(blocked=frozenset(blocked), allowed=guests)
    assert door_for(of, message("o_ann", kind)) is expected


@pytest.mark.parametrize("event", ["subscribe", "unsubscribe", "SCAN", "VIEW", "unheard_of"])
def test_events_that_ask_for_nothing_pass_and_a_tap_on_the_menu_does_not(event: str) -> None:
    of = account(blocked=frozenset({"o_ann"}))
    assert door_for(of, message("o_ann", "event", event)) is Door.OPEN
    assert door_for(of, message("o_ann", "event", "CLICK")) is Door.BLOCKED


@given(st.floats(0, 4e9), ZONES)
def test_a_day_begins_before_now_and_less_than_25_hours_ago(now: float, name: str) -> None:
    zone = ZoneInfo(name)
    began_at = day_began_at(now, zone)
    # 30 December 2011 did not take place in Apia; no other day is longer than 25 hours.
    assert began_at <= now < began_at + 25 * 3600
    assert dt.datetime.fromtimestamp(began_at, zone).date() == (
        dt.datetime.fromtimestamp(now, zone).date()
    )


def test_a_day_begins_at_midnight_of_the_zone() -> None:
    now = dt.datetime(2026, 3, 1, 0, 30, tzinfo=SHANGHAI).timestamp()
    assert day_began_at(now, SHANGHAI) == now - 1800
    # In UTC it is still the day before.
    assert day_began_at(now, dt.UTC) == now - 16.5 * 3600


@pytest.mark.parametrize(
    ("second", "shown"), [(0, "14:05"), (0.5, "14:06"), (59, "14:06"), (60, "14:06")]
)
def test_a_time_is_told_to_the_minute_and_never_too_early(second: float, shown: str) -> None:
    at = dt.datetime(2026, 3, 1, 14, 5, tzinfo=SHANGHAI).timestamp() + second
    assert shown_time(at, SHANGHAI) == shown


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("bound", list(Bound))
def test_every_refusal_has_a_sentence_that_can_be_filled(bound: Bound, language: Language) -> None:
    of = account(daily_questions=7)
    key, values = refusal_sentence(of, Refusal(bound=bound, open_turns=4, until=1_704_067_200.0))
    said = Texts(language).say(key, word="1", **values)
    assert "{" not in said
    number = {Bound.QUEUE: "4", Bound.RATE: "08:00", Bound.DAY: "7"}.get(bound, "")
    assert number in said
