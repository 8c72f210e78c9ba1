"""Whether this process can take pushes."""

from yingda.clock import Clock
from yingda.errors import StoreError
from yingda.store.base import Store

#: A store that takes longer than this to keep a byte is of no use within WeChat's 5 s. Our choice.
_WRITE_LIMIT_S = 3.0


class Health:
    """Answers the readiness check."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._is_draining = False

    def begin_drain(self) -> None:
        """The process is being stopped: send it no new pushes."""
        self._is_draining = True

    async def problem(self) -> str | None:
        """Why no pushes should be sent here; None when all is well."""
        if self._is_draining:
            return "shutting down"
        try:
            async with self._clock.timeout(_WRITE_LIMIT_S):
                await self._store.check_writable()
        except StoreError:
            return "the store cannot be written; the log says why"
        except TimeoutError:
            return f"the store took over {_WRITE_LIMIT_S:.0f} s for a write"
        return None
