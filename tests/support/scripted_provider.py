"""A provider that does as a test tells it: question by question, by the test's clock."""

import itertools
from collections.abc import AsyncGenerator

import msgspec

from yingda.clock import Clock
from yingda.errors import ProviderError
from yingda.providers.base import (
    ConversationReset,
    Event,
    Exchange,
    Finished,
    FoundAnswer,
    Metered,
    Prompt,
    RunTrace,
    Source,
    Started,
    TextDelta,
    TextReplaced,
    Usage,
)
from yingda.providers.capabilities import Capabilities, Rating


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """What one question brings; spans in seconds of the provider's clock."""

    text: str = "好的，这是回答。"
    #: Until the ids are known.
    started_after_s: float = 0.0
    #: From then until the first piece of text.
    after_s: float = 0.0
    #: From the first piece to the end.
    during_s: float = 0.0
    chunks: int = 1
    #: Raised instead of `Finished`, after `fail_after_chars` characters of the text.
    fail: ProviderError | None = None
    fail_after_chars: int = 0
    #: Sent before the text, as when the stored conversation was gone.
    reset: bool = False
    replaced_by: str | None = None
    usage: Usage | None = None
    #: Told before the text.
    metered: Usage | None = None
    #: Also of a found answer.
    sources: tuple[Source, ...] = ()
    #: What `find_finished` says of this question; None means that nothing is found.
    found: str | None = None
    find_after_s: float = 0.0
    find_fail: ProviderError | None = None


class ScriptedProvider:
    """Implements the provider seam from scripts, and remembers what was asked of it.

    `calls` are the prompts in order, `finds`, `stops` and `forgotten` the other calls,
    `running` counts the open streams and `closed_early` those that were left before their end.
    """

    def __init__(self, clock: Clock, default: Script | None = None) -> None:
        self.clock = clock
        self.default = default or Script()
        self.calls: list[Prompt] = []
        self.finds: list[RunTrace] = []
        self.stops: list[RunTrace] = []
        self.forgotten: list[tuple[str, str]] = []
        self.running = 0
        self.most_running = 0
        self.closed_early = 0
        self.closed = False
        #: What it was to put in short, and what it says of that.
        self.summaries: list[tuple[str, tuple[Exchange, ...]]] = []
        self.summary = Script(text="摘要。")
        #: Ratings that it was told: message, pseudonym and what; and what it does with them.
        self.ratings: list[tuple[str, str, Rating | None]] = []
        self.rated = Script()
        #: Answers after which it was asked for questions, and what it says then.
        self.suggested: list[str] = []
        self.suggestions: tuple[str, ...] = ()
        self.suggesting = Script()
        #: A test may give it more.
        self.capabilities = Capabilities(stops=True, finds_finished=True)
        self._scripts: dict[str, list[Script]] = {}
        self._numbers = itertools.count(1)

    def on(self, question: str, *scripts: Script) -> None:
        """Let this question bring these scripts, call by call; the last one stays."""
        self._scripts[question] = list(scripts)

    def count(self, question: str) -> int:
        """How often this question was asked."""
        return sum(prompt.text == question for prompt in self.calls)

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Event, None]:
        script = self._script_for(prompt.text, nth=self.count(prompt.text))
        self.calls.append(prompt)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        over = False
        try:
            async for event in self._play(script, prompt, next(self._numbers)):
                yield event
            over = True
        except ProviderError:
            over = True
            raise
        finally:
            self.running -= 1
            self.closed_early += not over

    async def find_finished(self, trace: RunTrace) -> FoundAnswer | None:
        self.finds.append(trace)
        script = self._script_for(trace.question, nth=max(0, self.count(trace.question) - 1))
        await self.clock.sleep(script.find_after_s)
        if script.find_fail is not None:
            raise script.find_fail
        if script.found is None:
            return None
        return FoundAnswer(
            text=script.found,
            conversation_id=trace.conversation_id,
            message_id=trace.message_id,
            usage=script.usage,
            sources=script.sources,
        )

    async def stop(self, trace: RunTrace) -> None:
        self.stops.append(trace)

    async def forget(self, conversation_id: str, user: str) -> None:
        self.forgotten.append((conversation_id, user))

    async def summarise(self, summary: str, exchanges: tuple[Exchange, ...], user: str) -> str:
        self.summaries.append((summary, exchanges))
        assert user, "a pseudonym"
        await self.clock.sleep(self.summary.after_s)
        if self.summary.fail is not None:
            raise self.summary.fail
        return self.summary.text

    async def rate(self, message_id: str, user: str, rating: Rating | None) -> None:
        self.ratings.append((message_id, user, rating))
        await self._done(self.rated)

    async def suggest(self, message_id: str, user: str) -> tuple[str, ...]:
        self.suggested.append(message_id)
        assert user, "a pseudonym"
        await self._done(self.suggesting)
        return self.suggestions

    async def _done(self, script: Script) -> None:
        await self.clock.sleep(script.after_s)
        if script.fail is not None:
            raise script.fail

    async def aclose(self) -> None:
        self.closed = True

    def _script_for(self, question: str, *, nth: int) -> Script:
        scripts = self._scripts.get(question)
        return scripts[min(nth, len(scripts) - 1)] if scripts else self.default

    async def _play(
        self, script: Script, prompt: Prompt, number: int
    ) -> AsyncGenerator[Event, None]:
        if script.started_after_s:
            await self.clock.sleep(script.started_after_s)
        if script.reset:
            yield ConversationReset()
        kept = None if script.reset else prompt.conversation_id
        yield Started(
            conversation_id=kept or f"conversation-{number}",
            task_id=f"task-{number}",
            message_id=f"message-{number}",
        )
        if script.after_s:
            await self.clock.sleep(script.after_s)
        if script.metered is not None:
            yield Metered(script.metered)
        text = script.text if script.fail is None else script.text[: script.fail_after_chars]
        for piece in _pieces(text, script.chunks):
            yield TextDelta(piece)
            if script.during_s:
                await self.clock.sleep(script.during_s / max(1, script.chunks))
        if script.fail is not None:
            raise script.fail
        if script.replaced_by is not None:
            yield TextReplaced(script.replaced_by)
        yield Finished(usage=script.usage, sources=script.sources)


def _pieces(text: str, chunks: int) -> list[str]:
    size = max(1, -(-len(text) // max(1, chunks)))
    return [text[begin : begin + size] for begin in range(0, len(text), size)]
