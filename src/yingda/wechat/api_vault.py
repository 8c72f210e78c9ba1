"""A token vault of one process and one account, for a look or an errand beside the server.

Keeps nothing beyond its own life; what all processes share is the store's.
"""

from yingda.wechat.api_base import KeptToken


class OwnVault:
    """One process's token, which ends with the process; implements `TokenVault`."""

    def __init__(self) -> None:
        self._token: KeptToken | None = None

    async def kept_token(self, app_id: str) -> KeptToken | None:  # noqa: ARG002  one account
        return self._token

    async def lease_token(
        self,
        app_id: str,  # noqa: ARG002  one account
        *,
        at: float,  # noqa: ARG002  nobody else wants it
        until: float,  # noqa: ARG002  nobody else wants it
    ) -> int | None:
        return 1

    async def keep_token(
        self,
        app_id: str,  # noqa: ARG002  one account
        lease: int,  # noqa: ARG002  there is one
        token: KeptToken,
    ) -> bool:
        self._token = token
        return True

    async def end_lease(self, app_id: str, lease: int) -> None:
        """Nobody waits for it."""
