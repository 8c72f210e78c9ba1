"""Downloads of what followers sent, from WeChat itself.

Learns which account has no right to it, by WeChat's own word; that is forgotten with the process.
Right: verified accounts alone (official page on temporary material).
"""

from collections.abc import Mapping

import structlog

from yingda.clock import Clock
from yingda.engine.inputs.media_base import Downloading
from yingda.errors import (
    ApiKind,
    ApiRefused,
    MediaMissing,
    MediaUnavailable,
    StoreError,
    WechatApiError,
)

_log = structlog.get_logger()

#: How long a refused right is taken for refused. Our choice, as for the right to push: a
#: verification takes days, and asking once a day costs one follower a recording.
DENIED_S = 86_400.0


class Downloads:
    """The downloads of all accounts."""

    def __init__(self, desks: Mapping[str, Downloading], clock: Clock) -> None:
        self._desks = desks
        self._clock = clock
        self._denied_until_s: dict[str, float] = {}

    def may(self, account: str) -> bool:
        """Whether a download for this account may succeed."""
        is_denied = self._clock.monotonic() < self._denied_until_s.get(account, 0.0)
        return account in self._desks and not is_denied

    async def content(self, account: str, media_id: str) -> bytes:
        """The file's bytes. Raises a `MediaError`."""
        if not media_id or not self.may(account):
            raise MediaMissing("the account may download nothing from WeChat")
        try:
            return (await self._desks[account].download(media_id)).content
        except ApiRefused as error:
            if error.kind is ApiKind.NOT_ALLOWED:
                self._learn_denied(account, error)
            raise MediaMissing(f"WeChat gives no file: {error.detail}") from error
        except WechatApiError as error:
            raise MediaUnavailable(f"WeChat gave no file: {error.detail}") from error
        except StoreError as error:
            raise MediaUnavailable("the access token could not be read") from error

    def _learn_denied(self, account: str, error: ApiRefused) -> None:
        self._denied_until_s[account] = self._clock.monotonic() + DENIED_S
        _log.warning("download_denied", account=account, detail=error.detail, mend=error.mend)
