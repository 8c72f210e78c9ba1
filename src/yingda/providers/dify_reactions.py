"""What comes after an answer of Dify's: questions that it suggests, and what followers think.

Knows both calls and that an app may have them switched off. Source: Dify service API,
"Conversations and messages".
"""

from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

import msgspec

from yingda.clock import Clock
from yingda.errors import ProviderUnavailable
from yingda.providers.capabilities import Rating
from yingda.providers.dify_api import DifyApi, is_uuid
from yingda.providers.dify_settings import DifySettings
from yingda.providers.failures import RunFailed
from yingda.providers.payloads import UNREADABLE

#: Our choice: more would push the answer off the screen.
SUGGESTIONS_LIMIT: Final = 3
#: Our choice: two lines on a phone; what is longer is no question to tap.
SUGGESTION_LIMIT_CHARS: Final = 60
#: Our choice: how soon to ask again an app that has no suggestions; an owner may switch them on.
_OFF_FOR_S: Final = 3600.0


class _Suggested(msgspec.Struct, frozen=True):
    data: list[str] | None = None


_SUGGESTED: Final = msgspec.json.Decoder(_Suggested)


class DifyReactions:
    """One app's suggestions and ratings."""

    def __init__(self, api: DifyApi, settings: DifySettings, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._deadline_s = settings.suggest_s
        self._off_until_s = clock.monotonic()

    async def suggest(self, message_id: str, user: str) -> tuple[str, ...]:
        """Questions after this answer: at most three, each short, none twice.

        Empty where the app has the feature off, is of a type without it, or does not know the
        answer any more. Raises a `ProviderError`.
        """
        if not is_uuid(message_id) or self._clock.monotonic() < self._off_until_s:
            return ()
        try:
            body = await self._api.ask(
                "GET",
                f"/messages/{quote(message_id, safe='')}/suggested",
                params={"user": user},
                deadline_s=self._deadline_s,
            )
        except RunFailed as failed:
            return self._without(failed)
        try:
            suggested = _SUGGESTED.decode(body).data or []
        except UNREADABLE as cause:
            raise ProviderUnavailable("Dify's suggestions cannot be read") from cause
        return _cleaned(suggested)

    async def rate(self, message_id: str, user: str, rating: Rating | None) -> None:
        """Tell Dify what the follower thinks; None takes it back.

        An answer that Dify does not know, and a rating that was never given, are fine. Raises a
        `ProviderError`.
        """
        if not is_uuid(message_id):
            return
        path = f"/messages/{quote(message_id, safe='')}/feedbacks"
        body = {"rating": rating.value if rating is not None else None, "user": user}
        try:
            await self._api.ask("POST", path, body=body)
        except RunFailed as failed:
            failure = failed.failure
            is_taken_back = rating is None and failure.code == "invalid_param"
            if failure.code != "not_found" and not is_taken_back:
                raise failure.error from failed.__cause__

    def _without(self, failed: RunFailed) -> tuple[str, ...]:
        """Nothing, where Dify has none to give; otherwise raise what failed."""
        failure = failed.failure
        if failure.code == "not_found":
            return ()
        if failure.code not in {"bad_request", "not_chat_app"}:
            raise failure.error from failed.__cause__
        self._off_until_s = self._clock.monotonic() + _OFF_FOR_S
        return ()


def _cleaned(suggested: Iterable[str]) -> tuple[str, ...]:
    lines = (" ".join(each.split()) for each in suggested)
    fitting = (line for line in lines if 0 < len(line) <= SUGGESTION_LIMIT_CHARS)
    return tuple(dict.fromkeys(fitting))[:SUGGESTIONS_LIMIT]
