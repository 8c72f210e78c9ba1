"""What there is to learn in the background, made from accounts and those who know.

Decides who is asked for what, and how often; `learnt` keeps the answers and does the asking.
"""

from collections.abc import Iterable, Mapping

from yingda.actions import OpeningAction
from yingda.engine.accounts import Account
from yingda.engine.learnt import Learnt, Look, Rounds
from yingda.providers.base import Provider, Welcomer

#: How long an app's introduction is taken for the present one. Our choice: an operator who
#: changed it wants to see it soon, and once an hour is no load.
_OPENING_EVERY_S = 3600.0


def add_openings(
    rounds: Rounds,
    learnt: Learnt,
    accounts: Iterable[Account],
    providers: Mapping[str, Provider],
) -> None:
    """Ask the apps that an account lets introduce themselves."""
    names = {
        account.provider
        for account in accounts
        if any(isinstance(action, OpeningAction) for action in account.duties.actions())
    }
    for name in sorted(names):
        # Not every provider's app has an introduction.
        provider: object = providers.get(name)
        if isinstance(provider, Welcomer):
            rounds.add(f"opening:{name}", _OPENING_EVERY_S, _opening(name, provider, learnt))


def _opening(name: str, provider: Welcomer, learnt: Learnt) -> Look:
    async def look() -> None:
        found = await provider.opening()
        if found is None:
            learnt.openings.pop(name, None)
        else:
            learnt.openings[name] = found

    return look
