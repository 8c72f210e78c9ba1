"""A body that does not come whole in time is refused, and nothing else is."""

import asyncio

import pytest

from yingda.clock import VirtualClock
from yingda.errors import BodyTooSlow
from yingda.web.bodies import BODY_LIMIT_S, Bodies


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


async def test_a_body_in_time_comes_through_and_a_late_one_is_refused(clock: VirtualClock) -> None:
    bodies = Bodies(clock)

    async def body(after_s: float) -> bytes:
        await clock.sleep(after_s)
        return b"whole"

    async def read(begins_s: float, after_s: float) -> tuple[bytes | None, float]:
        await clock.sleep(begins_s)
        try:
            return await bodies.whole(body(after_s)), clock.monotonic()
        except BodyTooSlow:
            return None, clock.monotonic()

    times = [(0, 0), (0, 2.9), (1, 9), (1.5, 2.9), (30, 9)]
    found = await clock.run(asyncio.gather(*(read(*each) for each in times)))
    assert found == [
        (b"whole", 0),
        (b"whole", 2.9),
        (None, 1 + BODY_LIMIT_S),
        (b"whole", 4.4),
        (None, 30 + BODY_LIMIT_S),
    ]
    assert bodies._due_s == {}


async def test_the_task_goes_on_as_if_it_had_never_been_cancelled(clock: VirtualClock) -> None:
    bodies = Bodies(clock)

    async def work() -> int:
        never: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        with pytest.raises(BodyTooSlow):
            await bodies.whole(never)
        await clock.sleep(1)
        task = asyncio.current_task()
        assert task is not None
        return task.cancelling()

    assert await clock.run(work()) == 0


async def test_whoever_else_cancels_it_is_not_taken_for_slowness(clock: VirtualClock) -> None:
    bodies = Bodies(clock)
    never: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    reading = asyncio.ensure_future(bodies.whole(never))
    await clock.advance(1)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await clock.advance(10)
    assert bodies._due_s == {}


async def test_an_error_of_the_reading_is_its_own(clock: VirtualClock) -> None:
    async def broken() -> bytes:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await Bodies(clock).whole(broken())
