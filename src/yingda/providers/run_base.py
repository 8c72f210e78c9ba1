"""What every question has that is put over HTTP: an open answer, tries, and one deadline.

Knows when it may be put once more (`failures` decides, this module waits) and how to close it.
Refuses to know what is asked, and how an answer is read.
"""

import aiohttp

from yingda.clock import Clock
from yingda.providers.base import Prompt
from yingda.providers.failures import RunFailed, retry_delay_s
from yingda.providers.hushing import hushed
from yingda.providers.intake import Intake


class HttpRun:
    """One question's way; each kind of provider adds how it opens, and its steps.

    `over` is set with the last event. `close` must be called at the end, whichever end it is.
    """

    def __init__(self, clock: Clock, prompt: Prompt, *, total_s: float, tries: int) -> None:
        self._clock = clock
        self._prompt = prompt
        self._tries = tries
        self._tries_made = 0
        self._total_due_s = clock.monotonic() + total_s
        self._response: aiohttp.ClientResponse | None = None
        self._intake: Intake | None = None
        #: Whether `Finished` was given.
        self.over = False

    def close(self) -> None:
        """End the request; the connection goes with it, as the body may not have ended."""
        if self._intake is not None:
            self._intake.close()
            self._intake = None
        if self._response is not None:
            self._response.close()
            self._response = None

    def _fail(self) -> bool:
        """Close what failed; whether any text of it came."""
        text_came = self._intake is not None and self._intake.text_came
        self.close()
        return text_came

    async def _wait_to_repeat(self, failed: RunFailed, *, text_came: bool) -> None:
        """Wait where it is safe to ask again; otherwise raise what failed."""
        failure = failed.failure
        if not text_came:
            delay_s = retry_delay_s(failure, tries_made=self._tries_made, tries=self._tries)
            if delay_s is not None and self._clock.monotonic() + delay_s < self._total_due_s:
                await self._clock.sleep(delay_s)
                return
        raise hushed(failure.error, self._prompt) from failed.__cause__
