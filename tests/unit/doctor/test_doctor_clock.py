"""This machine's clock beside others."""

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from aiohttp import web

from support.fronts import front
from yingda.clock import SystemClock
from yingda.doctor.clock import Moment, check_clock, judge, read_moment


@pytest.mark.parametrize(
    ("offsets_s", "code"),
    [
        ((), "clock_unknown"),
        ((0.4,), "clock_ok"),
        ((-60.0,), "clock_ok"),
        ((61.0,), "clock_off"),
        ((-150.0,), "clock_off"),
        ((-151.0,), "clock_wrong"),
        # Our own address agrees with us; the other machine does not.
        ((0.0, 200.0), "clock_wrong"),
        # One of three is wrong, and it is not us.
        ((0.2, -0.3, 900.0), "clock_ok"),
        ((-400.0, -410.0, 0.0), "clock_wrong"),
    ],
)
def test_the_median_distance_decides(offsets_s: tuple[float, ...], code: str) -> None:
    moments = tuple(Moment(f"host{n}", offset_s) for n, offset_s in enumerate(offsets_s))
    (found,) = judge(moments, 300.0)
    assert found.code == code


def test_a_short_freshness_window_makes_less_of_an_offset_fatal() -> None:
    assert judge((Moment("a", 20.0),), 15.0)[0].code == "clock_wrong"
    assert "chrony" in str(judge((Moment("a", 20.0),), 15.0)[0].mend)


@pytest.mark.parametrize("ahead_s", [-100, 0, 3600])
async def test_the_offset_is_read_from_any_answers_date(ahead_s: int) -> None:
    async def dated(_: web.Request) -> web.Response:
        theirs = datetime.fromtimestamp(SystemClock().now() - ahead_s, UTC)
        return web.Response(status=404, headers={"Date": format_datetime(theirs, usegmt=True)})

    async with front(dated) as url:
        moment = await read_moment(url, SystemClock())
    assert moment is not None
    assert moment.offset_s == pytest.approx(ahead_s, abs=2)


async def test_an_answer_without_a_usable_date_and_no_answer_count_for_nothing() -> None:
    async def undated(_: web.Request) -> web.Response:
        return web.Response(headers={"Date": "yesterday"})

    async with front(undated) as url:
        assert await read_moment(url, SystemClock()) is None
    assert await read_moment(url, SystemClock()) is None


async def test_this_very_machine_is_not_asked_about_its_own_clock() -> None:
    asked = []

    async def counted(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response()

    async with front(counted) as url:
        for address in (url, "http://localhost", "http://[", "not an address"):
            (found,) = await check_clock((address,), SystemClock(), freshness_s=300.0)
            assert found.code == "clock_unknown"
    assert asked == []
