"""A chaos run of an account that may push: the simulated server API over real HTTP beside it.

Knows what the platform took and refused, message by message. What that is worth, `pushed_rules`
say.
"""

import random
from pathlib import Path

import msgspec

from chaos.dify import ChaosDify, Tempo
from chaos.evidence import Evidence, Message
from chaos.run import KEY, Run
from support.process import APP_ID
from yingda.clock import Clock, SystemClock
from yingda.simulator.followers import Followers
from yingda.simulator.server_api import ServerApi
from yingda.simulator.server_api_base import ApiAccount, ApiCall, ApiReply
from yingda.simulator.server_api_http import ServerApiFront

#: No sample: the settings refuse those.
SECRET = "9c3f1e7ab26d48059c3f1e7ab26d4805"
_SEND = "/cgi-bin/message/custom/send"
#: A message takes so long there, and as long back. Our choice: some 50 ms are usual; a kill finds
#: more on its way with these.
_WAY_S = (0.0, 0.3)
#: Our choice: most answers outlast the window of an attempt, and the longest outlast the
#: quota of five messages.
SLOW = Tempo(
    median_s=6.0, sigma=0.4, longest_s=9.0, long_share=0.85, long_paragraphs=(8, 32), pieces=12
)
#: Between two kills. Our choice: longer than a window, or nothing would ever be pushed.
_KILL_EVERY_S = (4.0, 8.0)
#: Our choice: a message is on its way for longer, and the process hardly notices.
_LOOK_EVERY_S = 0.02


class ChaosApi(ServerApi):
    """A server API that takes its time over messages, and keeps a `book` of them."""

    def __init__(self, clock: Clock, seed: int) -> None:
        account = ApiAccount(app_id=APP_ID, app_secret=SECRET)
        super().__init__(Followers(clock), clock, account)
        self.book: list[Message] = []
        self._dice = random.Random(f"{seed}/api")

    async def answer(self, call: ApiCall) -> ApiReply:
        """Carry the call out; whoever hangs up before may not have been heard."""
        if call.path != _SEND:
            return await super().answer(call)
        await self.clock.sleep(self._dice.uniform(*_WAY_S))
        reply = await super().answer(call)
        values = msgspec.json.decode(call.body)
        self.book.append(
            Message(
                openid=values["touser"],
                text=values["text"]["content"],
                at_s=self.clock.now(),
                code=msgspec.json.decode(reply.body)["errcode"],
            )
        )
        await self.clock.sleep(self._dice.uniform(*_WAY_S))
        return reply


async def pushing_chaos(folder: Path, *, seed: int, questions: int) -> Evidence:
    """One run; what it leaves behind."""
    clock = SystemClock()
    api = ChaosApi(clock, seed)
    async with ChaosDify(clock, seed, KEY, SLOW) as dify, ServerApiFront(api) as front:
        run = Run(
            folder,
            dify,
            seed,
            questions,
            YINGDA_WECHAT_APP_SECRET=SECRET,
            YINGDA_WECHAT_API_BASE=front.base_url,
            YINGDA_MODE="push",
        )
        run.kill_every_s = _KILL_EVERY_S
        run.look_every_s = _LOOK_EVERY_S
        run.crowd = api.followers
        run.messages = api.book
        evidence = await run.evidence()
        # Streams that were still open at the last kill are in the book by now.
        return msgspec.structs.replace(evidence, calls=tuple(dify.book))
