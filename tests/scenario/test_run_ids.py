"""What a provider calls a run is written in time, and costs a short run no write of its own."""

import asyncio
from pathlib import Path

from support.house import House, open_house
from support.scripted_provider import Script
from yingda.store.operations import Operations
from yingda.store.runs import RunIds

IDS = "SELECT task_id, message_id, run_conversation_id FROM turn"
KNOWN = [("task-1", "message-1", "conversation-1")]


def counted(house: House) -> list[int]:
    """The turns whose ids are written on their own from here on."""
    store = house._store
    assert isinstance(store, Operations)
    noted: list[int] = []
    note_run = store.note_run

    async def note(turn_id: int, run_no: int, ids: RunIds) -> None:
        noted.append(turn_id)
        await note_run(turn_id, run_no, ids)

    store.note_run = note  # type: ignore[method-assign]
    return noted


async def test_a_run_that_ends_at_once_writes_its_ids_with_its_end(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        noted = counted(house)
        await house.run(house.phone().say("问"))
        await house.pass_s(1)
        assert house.rows(IDS) == KNOWN
        assert noted == []


async def test_a_run_that_lasts_writes_its_ids_long_before_its_end(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        noted = counted(house)
        house.provider.on("问", Script(after_s=3))
        seen = asyncio.ensure_future(house.phone().say("问"))
        await house.pass_s(0.1)
        assert house.rows(IDS) == KNOWN
        await house.run(seen)
        assert noted == [house.rows("SELECT id FROM turn")[0][0]]


async def test_a_run_that_a_stop_cuts_at_its_very_start_leaves_its_ids(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        house.provider.on("问", Script(after_s=30))
        seen = asyncio.ensure_future(house.phone().say("问"))
        await house.pass_s(0.01)
        gateway = house.gateway
        await house.run(gateway.drain(0.0))
        await house.run(seen)
        await house.close()
        assert house.rows(IDS) == KNOWN
