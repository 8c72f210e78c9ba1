"""What is to follow an answer: pictures that it names, and itself read aloud.

Decided with the answer's end, by settings and capabilities; whether WeChat lets it be sent shows
when it is due.
"""

from collections.abc import Mapping

import msgspec

from yingda.delivery.pictures import pictures_in
from yingda.engine.accounts.accounts import Account, Accounts, PushMode
from yingda.providers.base import Provider
from yingda.providers.capabilities import Speaker
from yingda.store.enclosure_base import EnclosureKind, NewEnclosure
from yingda.store.runs import Outcome
from yingda.turn.model import Form, Turn

#: Pictures of one answer. Our choice: of five messages the text needs one, the last one is kept,
#: and a flood of pictures helps nobody.
PICTURES_LIMIT = 3
_VOICE = NewEnclosure(EnclosureKind.VOICE)


class EnclosurePlan:
    """Says what follows. `can_send` is False where nothing is there to fetch and convert with."""

    def __init__(
        self, accounts: Accounts, providers: Mapping[str, Provider], *, can_send: bool
    ) -> None:
        self._accounts = accounts
        self._providers = providers
        self._can_send = can_send

    def planned(self, turn: Turn, provider: str, outcome: Outcome) -> Outcome:
        """The outcome, and what is to follow it: of a whole answer alone."""
        account = self._accounts.get(turn.account)
        if not self._can_send or account is None or account.push_mode is PushMode.PASSIVE:
            return outcome
        if outcome.failure is not None:
            return outcome
        enclosures = tuple(self._enclosures(account, turn, provider, outcome.answer))
        return msgspec.structs.replace(outcome, enclosures=enclosures) if enclosures else outcome

    def speaker(self, account: Account, provider: str) -> Speaker | None:
        """Who reads this provider's answers aloud; None when nobody does."""
        found = self._providers.get(account.speaker or provider)
        return None if found is None else found.capabilities.speaker

    def _enclosures(
        self, account: Account, turn: Turn, provider: str, answer: str
    ) -> list[NewEnclosure]:
        is_spoken = (
            account.speaks_answers
            and turn.form is Form.VOICE
            and self.speaker(account, provider) is not None
        )
        # The voice needs a message too.
        limit = (PICTURES_LIMIT - is_spoken) if account.sends_pictures else 0
        pictures = [NewEnclosure(EnclosureKind.PICTURE, url) for url in pictures_in(answer, limit)]
        return [*pictures, *([_VOICE] if is_spoken else [])]
