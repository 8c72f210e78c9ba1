"""The log tells of a kind of refusal once, and then only how many there were."""

import pytest
from structlog.testing import capture_logs

from yingda.clock import VirtualClock
from yingda.errors import BodyMalformed, RequestRejected, SignatureMismatch, StaleRequest
from yingda.web.refusals import Refusals

STRANGER = "203.0.113.7"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


def stale(age_s: int) -> StaleRequest:
    return StaleRequest(f"the signed timestamp is {age_s} s behind", "synchronise the clock")


async def test_a_thousand_alike_are_one_line_and_a_number_a_minute_later(
    clock: VirtualClock,
) -> None:
    refusals = Refusals(clock)
    with capture_logs() as logs:
        for _ in range(1000):
            refusals.write("shop", STRANGER, SignatureMismatch("no signature", "look"))
        await clock.advance(59)
        assert [line["event"] for line in logs] == ["request_rejected"]
        await clock.advance(1)
    first, summary = logs
    assert (first["client"], first["mend"], first["log_level"]) == (STRANGER, "look", "warning")
    assert (summary["event"], summary["count"]) == ("more_requests_rejected", 999)
    assert (summary["reason"], summary["log_level"]) == ("no signature", "warning")


async def test_what_goes_on_is_told_once_a_minute_and_what_stops_is_new_when_it_comes_back(
    clock: VirtualClock,
) -> None:
    refusals = Refusals(clock)
    with capture_logs() as logs:
        for _ in range(150):
            refusals.write("shop", STRANGER, stale(400))
            await clock.advance(1)
        await clock.advance(200)
        refusals.write("shop", STRANGER, stale(400))
        await clock.advance(200)
    assert [(line["event"], line.get("count")) for line in logs] == [
        ("request_rejected", None),
        ("more_requests_rejected", 59),
        ("more_requests_rejected", 60),
        ("more_requests_rejected", 30),
        ("request_rejected", None),
    ]


@pytest.mark.parametrize(
    "other",
    [
        ("school", SignatureMismatch("no signature")),
        ("shop", SignatureMismatch("another token")),
        ("shop", BodyMalformed("no signature")),
    ],
)
async def test_another_account_wording_or_status_is_another_kind(
    clock: VirtualClock, other: tuple[str, RequestRejected]
) -> None:
    refusals = Refusals(clock)
    with capture_logs() as logs:
        refusals.write("shop", STRANGER, SignatureMismatch("no signature"))
        refusals.write(other[0], STRANGER, other[1])
    assert [line["event"] for line in logs] == ["request_rejected"] * 2


async def test_numbers_make_no_kinds(clock: VirtualClock) -> None:
    refusals = Refusals(clock)
    with capture_logs() as logs:
        for age_s in range(400, 900):
            refusals.write("shop", STRANGER, stale(age_s))
    assert len(logs) == 1


async def test_nothing_is_kept_of_what_is_over(clock: VirtualClock) -> None:
    refusals = Refusals(clock)
    with capture_logs():
        for n in range(50):
            refusals.write(f"account{n}", None, stale(400))
        await clock.advance(61)
    assert refusals._counts == {}
