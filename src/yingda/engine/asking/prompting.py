"""Makes the prompt of a turn: the question, and all that goes with it."""

import datetime as dt
from collections.abc import Mapping, Sequence

from yingda.engine.accounts.accounts import Account, Accounts
from yingda.engine.asking.recalling import Recalling
from yingda.providers.base import Prompt
from yingda.sentences import Language
from yingda.store.runs import Claim

_WEEKDAYS: Mapping[Language, Sequence[str]] = {
    Language.CHINESE: [f"星期{day}" for day in "一二三四五六日"],
    Language.ENGLISH: [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ],
}


class Prompting:
    """Knows what a provider is told beside the question."""

    def __init__(self, accounts: Accounts, recalling: Recalling) -> None:
        self._accounts = accounts
        self._recalling = recalling

    async def prompt_of(self, claim: Claim, provider_name: str) -> Prompt:
        """The prompt of this run, for this provider."""
        account = self._accounts.get(claim.turn.account)
        recalled = await self._recalling.recall(claim.turn, provider_name)
        return Prompt(
            text=claim.turn.question,
            user=claim.user,
            conversation_id=claim.provider_conversation_id,
            values={} if account is None else _values(account, claim),
            trace_id=f"yingda-{claim.turn.id}-{claim.turn.run_no}",
            history=recalled.history,
            summary=recalled.summary,
        )


def _values(account: Account, claim: Claim) -> Mapping[str, str]:
    """What templates may name; the time is that of the question, at every run."""
    asked_at = dt.datetime.fromtimestamp(claim.turn.entered_at, account.time_zone)
    return {
        "account": account.name,
        "follower": claim.user,
        "date": asked_at.date().isoformat(),
        "time": f"{asked_at.hour:02}:{asked_at.minute:02}",
        "weekday": _WEEKDAYS[account.style.texts.language][asked_at.weekday()],
    }
