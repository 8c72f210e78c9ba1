"""Followers' questions over HTTP, whose second attempt reaches another process than the first.

    python -m bench.many.asker FIRST_PORT SECOND_PORT COUNT PER_S

Each question takes the AI half a second to two. Both attempts wait at once; says, for each key,
when the last byte of each reply was there, in monotonic seconds.
"""

import asyncio
import random
import sys
import time

import uvloop

from bench import wire
from bench.followers import END
from bench.world import hear, say

_SPAN_S = (0.5, 2.0)
#: So much later the second attempt comes: it finds the question known.
_GAP_S = 0.2
_LIMIT_S = 8.0


async def _ask(port: int, key: str, request: bytes, replies: dict[str, list[float]]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    got = b""
    async with asyncio.timeout(_LIMIT_S):
        while not got.endswith(b"</xml>"):
            more = await reader.read(65_536)
            if not more:
                break
            got += more
    if END.encode() in got:
        replies.setdefault(key, []).append(time.monotonic())
    writer.close()


async def _question(key: str, ports: tuple[int, int], replies: dict[str, list[float]]) -> None:
    span_s = random.Random(key).uniform(*_SPAN_S)
    push = wire.text_push(f"{key} {span_s:.3f}", f"o_{key}", time.time_ns())
    async with asyncio.TaskGroup() as attempts:
        for port in ports:
            request = wire.request(push, f"o_{key}")
            attempts.create_task(_ask(port, key, request, replies))
            await asyncio.sleep(_GAP_S)


async def _load(ports: tuple[int, int], count: int, per_s: float) -> None:
    replies: dict[str, list[float]] = {}
    say("ready")
    await hear()
    begin_s = time.monotonic()
    async with asyncio.TaskGroup() as questions:
        for number in range(count):
            await asyncio.sleep(begin_s + number / per_s - time.monotonic())
            questions.create_task(_question(f"join_{number}", ports, replies))
    say(replies)
    await hear()


if __name__ == "__main__":
    uvloop.run(_load((int(sys.argv[1]), int(sys.argv[2])), int(sys.argv[3]), float(sys.argv[4])))
