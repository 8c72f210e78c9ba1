"""Who is to answer a follower, as they chose. Parts of transactions."""

import msgspec

from yingda.store.entries import NewPush, NewQuestion
from yingda.store.steps import Steps, execute, fetch_one

_FIND = "SELECT provider FROM preference WHERE account = :account AND openid = :openid"
_KEEP = """
    INSERT INTO preference (account, openid, provider, chosen_at)
    VALUES (:account, :openid, :provider, :at)
    ON CONFLICT (account, openid) DO UPDATE SET provider = :provider, chosen_at = :at
"""
_FORGET = "DELETE FROM preference WHERE account = :account AND openid = :openid"


def preference(account: str, openid: str) -> Steps[str | None]:
    """The provider that the follower chose."""
    row = yield from fetch_one(_FIND, account=account, openid=openid)
    return row[0] if row else None


def keep_preference(new: NewPush, provider: str) -> Steps[None]:
    """The follower chooses this provider, whatever was chosen before."""
    yield from execute(
        _KEEP,
        account=new.account,
        openid=new.openid,
        provider=provider,
        at=new.received_at,
    )


def forget_preference(account: str, openid: str) -> Steps[None]:
    """As if nothing had ever been chosen."""
    yield from execute(_FORGET, account=account, openid=openid)


def as_preferred(new: NewPush, question: NewQuestion) -> Steps[NewQuestion]:
    """The question as it goes to the provider that the follower chose, if it is still offered."""
    if not question.choices:
        return question
    chosen = yield from preference(new.account, new.openid)
    if chosen not in question.choices:
        return question
    return msgspec.structs.replace(question, provider=chosen)
