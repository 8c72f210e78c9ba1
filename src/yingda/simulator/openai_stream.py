"""The simulated model server's answers: a script, written out as vendors write it.

Knows chunks, their endings and where usage stands. Writes to one response, by the clock it is
given.
"""

import json
from collections.abc import AsyncIterator, Mapping

import msgspec
from aiohttp import web

from yingda.clock import Clock
from yingda.simulator.dify_script import pieces_of
from yingda.simulator.openai_script import ChatEnding, ChatScript, UsagePlace

_USAGE = {"prompt_tokens": 3, "completion_tokens": 6, "total_tokens": 9}
#: Endings that strike while the text is still told.
_MIDWAY = frozenset({ChatEnding.SILENT, ChatEnding.CUT, ChatEnding.ERROR, ChatEnding.STALL})
_REASONS = frozenset({ChatEnding.STOP, ChatEnding.LENGTH, ChatEnding.FILTER, ChatEnding.TOOLS})


class Broken(Exception):
    """The connection is to break off here."""


class ChatRun(msgspec.Struct, frozen=True, kw_only=True):
    """One completion."""

    id: str
    model: str
    #: Whether the request asked for a chunk of usage.
    wants_usage: bool

    def whole(self, script: ChatScript) -> dict[str, object]:
        """The answer in one go."""
        reason = script.ending.value if script.ending in _REASONS else "stop"
        message = {"role": "assistant", "content": script.text}
        choice = {"index": 0, "message": message, "finish_reason": reason}
        return self._framed("chat.completion", [choice]) | {"usage": _USAGE}

    def chunk(
        self, delta: Mapping[str, object], reason: str | None = None, **more: object
    ) -> dict[str, object]:
        """A piece of the answer; `more` goes into the choice."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason, **more}
        return self._framed("chat.completion.chunk", [choice])

    def usage(self) -> dict[str, object]:
        """The chunk that tells the usage and nothing else."""
        return self._framed("chat.completion.chunk", []) | {"usage": _USAGE}

    def _framed(self, kind: str, choices: list[dict[str, object]]) -> dict[str, object]:
        return {
            "id": self.id,
            "object": kind,
            "created": 1,
            "model": self.model,
            "choices": choices,
        }


class ChatWriter:
    """Writes one completion to its response."""

    def __init__(self, response: web.StreamResponse, clock: Clock, run: ChatRun) -> None:
        self._response = response
        self._clock = clock
        self._run = run

    async def play(self, script: ChatScript) -> None:
        """Write it all. Raises `Broken` where the connection is to break."""
        for _ in range(script.comments):
            await self._write(": keep-alive", script)
        async for chunk in self._told(script):
            await self._send(chunk, script)
        if script.ending in _MIDWAY:
            await self._strike(script)
            return
        for chunk in self._closing(script):
            await self._send(chunk, script)
        if script.ending is ChatEnding.LEFT_OPEN:
            await self._stall()
        if script.ending is not ChatEnding.REASON_ONLY:
            await self._write("data: [DONE]", script)

    async def _told(self, script: ChatScript) -> AsyncIterator[dict[str, object]]:
        yield self._run.chunk({"role": "assistant", "content": ""})
        if script.reasoning:
            yield self._run.chunk({"content": None, script.reasoning_field: script.reasoning})
        await self._wait(script.first_s)
        pieces = pieces_of(script.text, script.pieces)
        last = script.ending_after_pieces if script.ending in _MIDWAY else len(pieces)
        for piece in pieces[:last]:
            yield self._run.chunk({"content": piece})
            await self._wait(script.gap_s)

    def _closing(self, script: ChatScript) -> list[dict[str, object]]:
        if script.ending is ChatEnding.MARK_ONLY:
            return []
        reason = script.ending.value if script.ending in _REASONS else "stop"
        if script.usage is UsagePlace.CHOICE:
            return [self._run.chunk({}, reason, usage=_USAGE)]
        last = self._run.chunk({}, reason)
        if script.usage is UsagePlace.LAST_CHUNK:
            return [last | {"usage": _USAGE}]
        own = script.usage is UsagePlace.OWN_CHUNK and self._run.wants_usage
        return [last, self._run.usage()] if own else [last]

    async def _strike(self, script: ChatScript) -> None:
        if script.ending is ChatEnding.ERROR:
            await self._send({"error": script.error}, script)
        elif script.ending is ChatEnding.STALL:
            await self._stall()
        elif script.ending is ChatEnding.CUT:
            raise Broken

    async def _send(self, chunk: Mapping[str, object], script: ChatScript) -> None:
        await self._write("data: " + json.dumps(chunk, ensure_ascii=False), script)

    async def _write(self, line: str, script: ChatScript) -> None:
        await self._response.write((line + script.line_end * 2).encode())

    async def _wait(self, span_s: float) -> None:
        if span_s > 0:
            await self._clock.sleep(span_s)

    async def _stall(self) -> None:
        while True:
            await self._clock.sleep(3600.0)
