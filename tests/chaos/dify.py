"""The simulated Dify of a chaos run: seeded answer times, and a book of every run.

Knows which answers it forgets when their stream is cut, as a Dify does whose run dies with its
client. Everything else is `DifyServer`.
"""

import math
import random

import msgspec
from aiohttp import web

from chaos.answers import answer
from chaos.evidence import Call
from yingda.clock import Clock
from yingda.simulator.dify_records import KeptMessage
from yingda.simulator.dify_script import DifyScript, Trouble
from yingda.simulator.dify_server import DifyServer

#: Shares of questions. Our choice: enough of each in a short run.
_FORGOTTEN_SHARE, _REFUSED_SHARE = 0.3, 0.06


class Tempo(msgspec.Struct, frozen=True):
    """How long answers take and are."""

    #: Our choice: most answers take a second or two, so that 60 questions take under a minute; with
    #: sigma 0.9 some take longer than one window.
    median_s: float = 1.3
    sigma: float = 0.9
    longest_s: float = 9.0
    long_share: float = 0.35
    long_paragraphs: tuple[int, int] = (6, 18)
    pieces: int = 6


class Plan(msgspec.Struct, frozen=True):
    """What Dify does with one question, whenever it is asked."""

    span_s: float
    paragraphs: int
    #: A run that is cut leaves nothing that could be found.
    forgets: bool
    refuses: bool


def plan(seed: int, question: str, tempo: Tempo) -> Plan:
    """The same for the same seed and question."""
    dice = random.Random(f"{seed}/{question}")
    span_s = min(tempo.longest_s, tempo.median_s * math.exp(dice.gauss(0.0, tempo.sigma)))
    is_long = dice.random() < tempo.long_share
    return Plan(
        span_s=span_s,
        paragraphs=dice.randint(*tempo.long_paragraphs) if is_long else 1,
        forgets=dice.random() < _FORGOTTEN_SHARE,
        refuses=dice.random() < _REFUSED_SHARE,
    )


_QUICK = Tempo()


class ChaosDify(DifyServer):
    """A Dify that answers by `plan` and keeps `book`."""

    def __init__(self, clock: Clock, seed: int, api_key: str, tempo: Tempo = _QUICK) -> None:
        super().__init__(clock, api_key=api_key)
        self.book: list[Call] = []
        self._seed = seed
        self._tempo = tempo

    async def _run(self, request: web.Request) -> web.StreamResponse:
        question = str((await request.json())["query"])
        planned = plan(self._seed, question, self._tempo)
        step_s = planned.span_s / (self._tempo.pieces + 1)
        script = DifyScript(
            text=answer(question, self.calls[question] + 1, planned.paragraphs),
            pieces=self._tempo.pieces,
            first_s=step_s,
            gap_s=step_s,
            trouble=Trouble.QUOTA if planned.refuses else Trouble.NONE,
        )
        self.on(question, script)
        return await super()._run(request)

    async def _stream(
        self, request: web.Request, message: KeptMessage, script: DifyScript, trouble: Trouble
    ) -> web.StreamResponse:
        asked_in = str((await request.json()).get("conversation_id") or "")
        nth = self.calls[message.query]
        started_s = self.clock.now()
        try:
            return await super()._stream(request, message, script, trouble)
        finally:
            was_cut = self.clock.now() < message.ready_at_s
            message.failed = was_cut and self._forgets(message.query)
            self.book.append(
                Call(
                    question=message.query,
                    user=message.user,
                    nth=nth,
                    asked_in_conversation_id=asked_in,
                    conversation_id=message.ids.conversation_id,
                    started_s=started_s,
                    ended_s=self.clock.now(),
                    is_kept=not message.failed,
                    was_cut=was_cut,
                )
            )

    def _forgets(self, question: str) -> bool:
        return plan(self._seed, question, self._tempo).forgets
