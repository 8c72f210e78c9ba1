"""How what a follower wrote and was told is erased. Each function is one transaction's work.

First all is withdrawn at once; later, in steps that a crash may part, the texts are blanked and
the provider's conversations become rows of their own, which stay until they are deleted there.
Rows of turns, pushes and offers stay: numbers go on counting, and repeats are still known.
"""

import msgspec

from yingda.store import attachments
from yingda.store.entering import (
    close_conversation,
    enter_reply,
    insert_push,
    keep_reply,
    known_push,
    repeat,
    replied,
)
from yingda.store.entries import Effect, Entered, NewPush
from yingda.store.preferences import forget_preference
from yingda.store.pruning import forget_emptied
from yingda.store.quotas import forget_quota, withdraw_pushes
from yingda.store.steps import Row, Steps, execute, fetch, fetch_one
from yingda.store.stopping import cancel_pending
from yingda.store.wishes import (
    Confirmation,
    Erased,
    NewErasure,
    NewForgetting,
    ProviderDeletion,
)

#: Rows that one step blanks of each kind, so that no step keeps others waiting for long. Our
#: choice: such a step took 8 to 14 ms of processor time with answers of 1800 characters (measured).
_STEP_ROWS = 200

_WITHDRAW = """
    UPDATE turn SET is_withdrawn = 1, is_unread = 0, promised_at = NULL, rating_due_at = NULL
    WHERE account = :account AND openid = :openid AND is_withdrawn = 0
"""
_INSERT_ERASURE = """
    INSERT INTO erasure (account, openid, entered_at, due_at, up_to_turn_id, up_to_push_id)
    SELECT :account, :openid, :at, :due_at, coalesce(max(id), 0), :push_id
    FROM turn WHERE account = :account AND openid = :openid
"""
_OPEN_REQUEST = """
    SELECT code FROM forget_request
    WHERE account = :account AND openid = :openid AND expires_at > :at
"""
_KEEP_REQUEST = """
    INSERT INTO forget_request (account, openid, code, expires_at)
    VALUES (:account, :openid, :code, :expires_at)
    ON CONFLICT (account, openid) DO UPDATE SET code = :code, expires_at = :expires_at
"""
_DROP_REQUEST = "DELETE FROM forget_request WHERE account = :account AND openid = :openid"

DUE_ERASURE = """
    SELECT id, account, openid, up_to_turn_id, up_to_push_id FROM erasure
    WHERE due_at <= :at ORDER BY due_at, id LIMIT 1
"""
_TURNS_LEFT = """
    SELECT max(id), count(*) FROM (
        SELECT id FROM turn
        WHERE account = :account AND openid = :openid AND id <= :up_to AND erased_at IS NULL
        ORDER BY id LIMIT :limit
    ) AS step
"""
_OF_THE_STEP = """
    account = :account AND openid = :openid AND id <= :up_to AND erased_at IS NULL
"""
# Every name that the provider gave to a conversation of these turns: a run that was cut off may
# have begun one that our own record of the conversation never learnt of.
_KEEP_DELETIONS = f"""
    INSERT INTO provider_deletion (provider, "user", provider_conversation_id, due_at)
    SELECT DISTINCT coalesce(named.provider, c.provider), c."user", named.name, :provider_at
    FROM (
        SELECT conversation_id AS of, run_conversation_id AS name, provider
        FROM turn WHERE {_OF_THE_STEP}
        UNION
        SELECT conversation_id, asked_in_conversation_id, NULL FROM turn WHERE {_OF_THE_STEP}
        UNION
        SELECT t.conversation_id, l.conversation_id, l.provider
        FROM lost_run l JOIN turn t ON t.id = l.turn_id
        WHERE t.account = :account AND t.openid = :openid AND t.id <= :up_to
        AND t.erased_at IS NULL
        UNION
        SELECT id, provider_conversation_id, NULL FROM conversation
        WHERE id IN (SELECT conversation_id FROM turn WHERE {_OF_THE_STEP})
    ) AS named JOIN conversation c ON c.id = named.of
    WHERE named.name <> ''
    ON CONFLICT DO NOTHING
"""
_FORGET_CONVERSATIONS = f"""
    UPDATE conversation SET provider_conversation_id = NULL, summary = ''
    WHERE id IN (SELECT conversation_id FROM turn WHERE {_OF_THE_STEP})
"""
_FORGET_LOST_RUNS = f"""
    UPDATE lost_run
    SET conversation_id = NULL, task_id = NULL, message_id = NULL, workflow_run_id = NULL
    WHERE turn_id IN (SELECT id FROM turn WHERE {_OF_THE_STEP})
"""
_BLANK_OFFERS = f"""
    UPDATE offer SET shown = NULL WHERE turn_id IN (SELECT id FROM turn WHERE {_OF_THE_STEP})
"""
_DROP_ATTACHMENTS = f"""
    DELETE FROM attachment WHERE turn_id IN (SELECT id FROM turn WHERE {_OF_THE_STEP})
"""
_DROP_ENCLOSURES = f"""
    DELETE FROM enclosure WHERE turn_id IN (SELECT id FROM turn WHERE {_OF_THE_STEP})
"""
_BLANK_TURNS = f"""
    UPDATE turn SET question = '', answer = '', failure_detail = '', replaced_answer = NULL,
        notice = NULL, suggestions = NULL, rating = NULL, rated_at = NULL, rating_due_at = NULL,
        is_withdrawn = 1,
        is_unread = 0, promised_at = NULL, asked_in_conversation_id = NULL,
        run_conversation_id = NULL, task_id = NULL, message_id = NULL, workflow_run_id = NULL,
        erased_at = :at
    WHERE {_OF_THE_STEP}
"""
# A push that still waits for its reply gets this one, so that none is composed of old text.
_BLANK_PUSHES = """
    UPDATE push SET reply = :accepting, chosen_at = coalesce(chosen_at, :at)
    WHERE id IN (
        SELECT id FROM push
        WHERE account = :account AND openid = :openid AND id < :up_to
        AND (reply IS NULL OR reply <> :accepting)
        ORDER BY id LIMIT :limit
    )
    RETURNING id
"""

# Due outside as well: whoever waited for another's claim looks at that alone once more.
_CLAIM_DELETIONS = """
    UPDATE provider_deletion SET due_at = :lease_until, tries = tries + 1
    WHERE id IN (
        SELECT id FROM provider_deletion WHERE due_at <= :at ORDER BY due_at, id LIMIT :limit
    ) AND due_at <= :at
    RETURNING id, provider, "user", provider_conversation_id, tries
"""
_NEXT_DUE = """
    SELECT min(due_at) FROM (
        SELECT min(due_at) AS due_at FROM erasure
        UNION ALL SELECT min(due_at) FROM provider_deletion
    ) AS due
"""


def enter_erasure(new: NewPush, reply: bytes, erasure: NewErasure) -> Steps[Entered]:
    """A push after which nothing of what was asked before is shown, and all is erased in time."""
    push_id = yield from insert_push(new, reply=reply)
    if push_id is None:
        return (yield from known_push(new))
    who = {"account": new.account, "openid": erasure.openid}
    yield from close_conversation(at=new.received_at, **who)
    cancelled = yield from cancel_pending(at=new.received_at, **who)
    yield from withdraw_pushes(**who)
    yield from forget_quota(**who)
    yield from forget_preference(**who)
    yield from execute(_WITHDRAW, **who)
    yield from attachments.drop_kept(**who)
    yield from execute(_DROP_REQUEST, **who)
    yield from execute(
        _INSERT_ERASURE, at=new.received_at, due_at=erasure.due_at, push_id=push_id, **who
    )
    entered = replied(new, push_id, reply)
    return msgspec.structs.replace(entered, cancelled=tuple(turn.id for turn in cancelled))


def enter_forgetting(new: NewPush, forgetting: NewForgetting) -> Steps[Entered]:
    """A push that asks for an erasure, which is yet to be confirmed."""
    push_id = yield from insert_push(new)
    if push_id is None:
        return (yield from known_push(new))
    code = (yield from _open_code(new)) or forgetting.code
    yield from execute(
        _KEEP_REQUEST,
        account=new.account,
        openid=new.openid,
        code=code,
        expires_at=forgetting.expires_at,
    )
    return (yield from keep_reply(push_id, new, forgetting.reply(code)))


def enter_confirmation(new: NewPush, confirmation: Confirmation) -> Steps[Entered | None]:
    """A push that confirms an erasure; None when a mere word has nothing to confirm."""
    known = yield from repeat(new.account, new.openid, new.key)
    if known is not None:
        return known
    code = yield from _open_code(new)
    if code is not None and confirmation.code in {None, code}:
        erasure = NewErasure(openid=new.openid, due_at=new.received_at)
        return (yield from enter_erasure(new, confirmation.done, erasure))
    if confirmation.code is None:
        return None
    return (yield from enter_reply(new, confirmation.nothing, Effect.NONE))


def _open_code(new: NewPush) -> Steps[str | None]:
    row = yield from fetch_one(
        _OPEN_REQUEST, account=new.account, openid=new.openid, at=new.received_at
    )
    return row[0] if row else None


def erase(at: float, *, accepting: bytes, provider_at: float) -> Steps[Erased | None]:
    """One step of the erasure that is due first."""
    due = yield from fetch_one(DUE_ERASURE, at=at)
    if due is None:
        return None
    return (yield from erase_step(due, at, accepting=accepting, provider_at=provider_at))


def erase_step(due: Row, at: float, *, accepting: bytes, provider_at: float) -> Steps[Erased]:
    """One step of this erasure, a row of `DUE_ERASURE`."""
    erasure_id, account, openid, up_to_turn_id, up_to_push_id = due
    who = {"account": account, "openid": openid}
    turns = yield from _erase_turns(who, up_to_turn_id, at, provider_at)
    pushes = yield from fetch(
        _BLANK_PUSHES, up_to=up_to_push_id, accepting=accepting, at=at, limit=_STEP_ROWS, **who
    )
    is_done = max(turns, len(pushes)) < _STEP_ROWS
    if is_done:
        yield from forget_emptied(account, openid, provider_at)
        yield from execute("DELETE FROM erasure WHERE id = :id", id=erasure_id)
    return Erased(erasure_id=erasure_id, account=account, turns=turns, is_done=is_done)


def _erase_turns(who: dict[str, str], up_to: int, at: float, provider_at: float) -> Steps[int]:
    left = yield from fetch(_TURNS_LEFT, up_to=up_to, limit=_STEP_ROWS, **who)
    last_id, count = left[0]
    if count:
        step = {"up_to": last_id, **who}
        yield from execute(_KEEP_DELETIONS, provider_at=provider_at, **step)
        yield from execute(_FORGET_CONVERSATIONS, **step)
        yield from execute(_FORGET_LOST_RUNS, **step)
        yield from execute(_BLANK_OFFERS, **step)
        yield from execute(_DROP_ATTACHMENTS, **step)
        yield from execute(_DROP_ENCLOSURES, **step)
        yield from execute(_BLANK_TURNS, at=at, **step)
    return int(count)


def claim_deletions(
    at: float, *, lease_until: float, limit: int
) -> Steps[tuple[ProviderDeletion, ...]]:
    """Take on the deletions that are due."""
    rows = yield from fetch(_CLAIM_DELETIONS, at=at, lease_until=lease_until, limit=limit)
    return tuple(_deletion(row) for row in rows)


def _deletion(row: Row) -> ProviderDeletion:
    return ProviderDeletion(
        id=row[0], provider=row[1], user=row[2], provider_conversation_id=row[3], tries=row[4]
    )


def settle_deletion(deletion_id: int, *, retry_at: float | None) -> Steps[None]:
    """It is done, or to be tried again."""
    if retry_at is None:
        yield from execute("DELETE FROM provider_deletion WHERE id = :id", id=deletion_id)
        return
    yield from execute(
        "UPDATE provider_deletion SET due_at = :at WHERE id = :id", at=retry_at, id=deletion_id
    )


def next_erasure_at() -> Steps[float | None]:
    """When the next erasure or deletion is due."""
    rows = yield from fetch(_NEXT_DUE)
    due_at: float | None = rows[0][0]
    return due_at


def sweep(at: float) -> Steps[None]:
    """Remove wishes that nobody confirmed in time, and what WeChat has no file of any more."""
    yield from execute("DELETE FROM forget_request WHERE expires_at <= :at", at=at)
    yield from attachments.sweep(at)
