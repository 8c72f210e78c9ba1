"""The simulated platform keeps to the rules of the real one."""

import asyncio
from typing import Any

import pytest

from support.simulated_server import (
    HELLO,
    OPENID,
    Pair,
    ScriptedServer,
    Step,
    account,
    outcomes,
    text_reply,
)
from yingda.clock import VirtualClock
from yingda.simulator.deliveries import Way
from yingda.simulator.platform import Platform
from yingda.simulator.transport import AsgiTransport
from yingda.simulator.verdict import Outcome
from yingda.wechat.limits import FAILURE_LINES
from yingda.wechat.messages import TextMessage
from yingda.wechat.signature import parse_query, verify


async def test_a_ready_reply_is_shown_on_the_first_attempt() -> None:
    pair = Pair(Step(text_reply("你好！"), after_s=1.5))
    delivered = await pair.deliver()
    assert delivered.shown == ("你好！",)
    assert outcomes(delivered) == [Outcome.ANSWERED]
    assert delivered.delay_s == 1.5
    assert not delivered.is_failure_line


async def test_an_attempt_is_cut_at_five_seconds_and_repeated_directly() -> None:
    pair = Pair(Step(after_s=60), Step(text_reply("到了"), after_s=2))
    delivered = await pair.deliver()
    assert [(a.started_s, a.ended_s) for a in delivered.attempts] == [(0, 5), (5, 7)]
    assert outcomes(delivered) == [Outcome.TIMED_OUT, Outcome.ANSWERED]
    assert (delivered.decided_by, delivered.delay_s) == (2, 7)


async def test_three_time_outs_show_the_failure_line_after_fifteen_seconds() -> None:
    pair = Pair(Step(after_s=60))
    delivered = await pair.deliver()
    assert outcomes(delivered) == [Outcome.TIMED_OUT] * 3
    assert delivered.shown == (FAILURE_LINES[0],)
    assert delivered.is_failure_line
    assert delivered.delay_s == 15
    assert pair.platform.counters.failure_lines == 1


async def test_repeats_carry_the_same_query_string_and_body() -> None:
    pair = Pair(Step(after_s=60))
    await pair.deliver()
    assert len(pair.server.bodies) == 3
    assert len(set(pair.server.raw_queries)) == len(set(pair.server.bodies)) == 1


async def test_two_pushes_differ_in_nonce_and_message_id() -> None:
    pair = Pair()
    for _ in range(2):
        await pair.deliver()
    first, second = pair.server.message(0), pair.server.message(1)
    assert isinstance(first, TextMessage)
    assert first.push_key != second.push_key
    assert 0 < int(first.message_id) < 1 << 63
    assert pair.server.queries[0]["nonce"] != pair.server.queries[1]["nonce"]


async def test_a_simulation_started_a_second_later_repeats_no_message_id() -> None:
    keys = []
    for start_s in (VirtualClock.EPOCH_S, VirtualClock.EPOCH_S + 1):
        clock = VirtualClock(start_s)
        server = ScriptedServer(clock, Step())
        platform = Platform(account(), AsgiTransport(server), clock)
        await clock.run(platform.deliver(HELLO, OPENID))
        keys.append(server.message().push_key)
    assert len(set(keys)) == 2


@pytest.mark.parametrize("body", [b"success", b""])
async def test_success_and_an_empty_body_end_the_series_and_show_nothing(body: bytes) -> None:
    delivered = await Pair(Step(body)).deliver()
    assert outcomes(delivered) == [Outcome.ACCEPTED]
    assert delivered.shown == ()
    assert not delivered.is_failure_line


@pytest.mark.parametrize("status", [201, 204, 302, 403, 500])
async def test_any_status_but_200_is_a_failure_and_repeated_at_once(status: int) -> None:
    delivered = await Pair(Step(status=status)).deliver()
    assert outcomes(delivered) == [Outcome.REFUSED] * 3
    assert {attempt.status for attempt in delivered.attempts} == {status}
    assert delivered.delay_s == 0
    assert delivered.is_failure_line


async def test_a_reply_after_a_refused_attempt_is_still_shown() -> None:
    delivered = await Pair(Step(status=503), Step(text_reply("好"))).deliver()
    assert outcomes(delivered) == [Outcome.REFUSED, Outcome.ANSWERED]
    assert delivered.shown == ("好",)


async def test_the_query_is_signed_and_names_the_follower() -> None:
    pair = Pair()
    await pair.deliver()
    query = parse_query(pair.server.raw_queries[0])
    verify(query, account().token, now_s=pair.clock.now(), freshness_s=1)
    assert query.openid == OPENID
    assert query.encrypt_type == query.msg_signature == ""


@pytest.mark.parametrize("offset_s", [-90.0, 90.0])
async def test_a_clock_offset_shifts_timestamp_and_create_time(offset_s: float) -> None:
    pair = Pair(clock_offset_s=offset_s)
    await pair.deliver()
    expected_s = int(pair.clock.now() + offset_s)
    assert int(pair.server.queries[0]["timestamp"]) == expected_s
    assert pair.server.message().created_at_s == expected_s


async def test_a_lost_reply_is_repeated_and_the_server_sees_the_connection_end() -> None:
    pair = Pair(Step(text_reply("甲")), Step(text_reply("乙")))
    delivered = await pair.deliver(way=Way(lost_replies=frozenset({1})))
    assert outcomes(delivered) == [Outcome.UNREACHABLE, Outcome.ANSWERED]
    assert delivered.shown == ("乙",)
    assert pair.server.finished == 2


async def test_losing_every_reply_shows_the_failure_line() -> None:
    delivered = await Pair(Step(text_reply("甲"))).deliver(
        way=Way(lost_replies=frozenset({1, 2, 3}))
    )
    assert outcomes(delivered) == [Outcome.UNREACHABLE] * 3
    assert delivered.is_failure_line


async def test_a_doubled_push_arrives_twice_at_the_same_time() -> None:
    pair = Pair(Step(text_reply("慢"), after_s=3), Step(text_reply("快"), after_s=1))
    delivered = await pair.deliver(way=Way(is_doubled=True))
    assert [(a.started_s, a.ended_s) for a in delivered.attempts] == [(0, 3), (0, 1)]
    assert len(set(pair.server.raw_queries)) == 1
    assert delivered.shown == ("快",)
    assert (delivered.decided_by, delivered.delay_s) == (2, 1)


async def test_a_doubled_push_that_times_out_has_one_attempt_left() -> None:
    pair = Pair(Step(after_s=60))
    delivered = await pair.deliver(way=Way(is_doubled=True))
    assert [a.started_s for a in delivered.attempts] == [0, 0, 5]
    assert delivered.delay_s == 10


async def test_a_delay_on_the_way_counts_in_the_window() -> None:
    pair = Pair(Step(text_reply("好"), after_s=2))
    delivered = await pair.deliver(way=Way(delays_s=(4.0, 0.5)))
    assert outcomes(delivered) == [Outcome.TIMED_OUT, Outcome.ANSWERED]
    assert delivered.delay_s == 7.5


async def test_cancelling_a_delivery_hangs_up() -> None:
    pair = Pair(Step(after_s=60))

    async def give_up() -> None:
        delivery = asyncio.create_task(pair.platform.deliver(HELLO, OPENID))
        await pair.clock.sleep(1)
        delivery.cancel()
        with pytest.raises(asyncio.CancelledError):
            await delivery

    await pair.run(give_up())
    assert pair.server.hang_ups == 1
    assert len(pair.server.bodies) == 1


async def test_time_outs_are_counted_over_the_last_five_minutes() -> None:
    pair = Pair(Step(after_s=60))
    await pair.deliver()
    counters = pair.platform.counters
    assert (counters.pushes, counters.attempts, counters.recent_timeouts) == (1, 3, 3)
    await pair.clock.advance(292)
    assert pair.platform.counters.recent_timeouts == 2
    await pair.clock.advance(300)
    assert pair.platform.counters.recent_timeouts == 0


async def test_each_opened_attempt_is_told() -> None:
    opened: list[int] = []
    await Pair(Step(after_s=60), Step()).deliver(opened=opened.append)
    assert opened == [1, 2]


async def _echo(scope: Any, _receive: Any, send: Any) -> None:
    echo = parse_query(scope["query_string"]).echostr.encode()
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": echo})


async def test_the_handshake_passes_when_the_echo_comes_back() -> None:
    clock = VirtualClock()
    assert await clock.run(Platform(account(), AsgiTransport(_echo), clock).handshake())


@pytest.mark.parametrize(
    "step", [Step(b"success"), Step(status=403), Step(after_s=60), Step(crash=ValueError())]
)
async def test_the_handshake_fails_on_anything_but_the_exact_echo_in_time(step: Step) -> None:
    pair = Pair(step)
    assert not await pair.run(pair.platform.handshake())
    assert pair.server.methods == ["GET"]
    verify(
        parse_query(pair.server.raw_queries[0]),
        account().token,
        now_s=VirtualClock.EPOCH_S,
        freshness_s=1,
    )
