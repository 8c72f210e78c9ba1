"""How a push becomes durable. Each function is one transaction's work."""

import msgspec

from yingda.store.admission import OpenTurns, refusal
from yingda.store.attachments import attach, claim_kept, drop_kept
from yingda.store.entries import Effect, Entered, NewPush, NewQuestion, PushKind
from yingda.store.preferences import as_preferred
from yingda.store.quotas import grant_quota
from yingda.store.steps import (
    TURN_COLUMNS,
    Row,
    Steps,
    execute,
    fetch,
    fetch_one,
    read_turn,
    turn_from,
)
from yingda.turn.model import Form, Turn

_COUNT_ATTEMPT = """
    UPDATE push SET attempts = attempts + 1
    WHERE account = :account AND openid = :openid AND key = :key
    RETURNING id, kind, first_seen_at, attempts, turn_id, reply
"""
_INSERT_PUSH = """
    INSERT INTO push (account, openid, key, kind, created_at, first_seen_at, turn_id, reply,
        chosen_at)
    VALUES (:account, :openid, :key, :kind, :created_at, :received_at, :turn_id, :reply,
        :chosen_at)
    ON CONFLICT DO NOTHING RETURNING id
"""
# All that has to be known before a question is entered, in one statement; always one row.
_LOOK_ROUND = """
    SELECT EXISTS (
        SELECT 1 FROM push WHERE account = :account AND openid = :openid AND key = :key
    ), (
        SELECT count(*) FROM turn
        WHERE account = :account AND openid = :openid AND state IN ('queued', 'running')
    ), c.id, (
        SELECT count(*) FROM turn
        WHERE account = :account AND openid = :openid AND state IN ('queued', 'running')
        AND conversation_id = c.id
    ), EXISTS (
        SELECT 1 FROM attachment
        WHERE account = :account AND openid = :openid AND turn_id IS NULL
    )
    FROM (SELECT 1) AS once LEFT JOIN conversation c
        ON c.account = :account AND c.openid = :openid AND c.provider = :provider
        AND c.closed_at IS NULL
"""
_INSERT_CONVERSATION = """
    INSERT INTO conversation (account, openid, "user", provider, opened_at)
    VALUES (:account, :openid, :user, :provider, :at) RETURNING id
"""
_INSERT_TURN = f"""
    INSERT INTO turn (conversation_id, account, openid, number, question, state, entered_at,
        provider, form)
    SELECT :conversation_id, :account, :openid, coalesce(max(known.number), 0) + 1, :question,
        'queued', :at, :provider, :form
    FROM (
        SELECT max(number) AS number FROM turn WHERE account = :account AND openid = :openid
        UNION ALL SELECT number FROM numbering WHERE account = :account AND openid = :openid
    ) AS known
    RETURNING {TURN_COLUMNS}
"""
_CLOSE_CONVERSATION = """
    UPDATE conversation SET closed_at = :at
    WHERE account = :account AND openid = :openid AND closed_at IS NULL
"""
_CLOSE_ONE = "UPDATE conversation SET closed_at = :at WHERE id = :id"
# The newest turn of a conversation is the last one to end.
_LAST_HAPPENING = """
    SELECT coalesce(ended_at, entered_at) FROM turn
    WHERE account = :account AND openid = :openid AND conversation_id = :conversation_id
    ORDER BY number DESC LIMIT 1
"""


def repeat(account: str, openid: str, key: str) -> Steps[Entered | None]:
    """Where a push stands, if this is another attempt of one that is known."""
    row = yield from fetch_one(_COUNT_ATTEMPT, account=account, openid=openid, key=key)
    if row is None:
        return None
    push_id, kind, first_seen_at, attempts, turn_id, reply = row
    turn = None if turn_id is None else (yield from read_turn(turn_id))
    return Entered(
        push_id=push_id,
        kind=PushKind(kind),
        is_new=False,
        first_seen_at=first_seen_at,
        attempts=attempts,
        turn=turn,
        reply=reply,
    )


def enter_question(new: NewPush, question: NewQuestion, open_turns: OpenTurns) -> Steps[Entered]:
    """A push with a question: a new turn at the end of its conversation's queue."""
    who = {"account": new.account, "openid": new.openid}
    question = yield from as_preferred(new, question)
    row = (yield from fetch(_LOOK_ROUND, key=new.key, provider=question.provider, **who))[0]
    is_known, own_open, conversation_id, ahead, has_kept = row
    if is_known:
        return (yield from known_push(new))
    refused = yield from refusal(new, question, own_open, open_turns)
    if refused is not None:
        return (yield from enter_reply(new, question.refuse(refused), Effect.NONE))
    if (
        conversation_id is not None
        and not ahead
        and (yield from _is_idle(new, conversation_id, question.idle_s))
    ):
        yield from execute(_CLOSE_ONE, id=conversation_id, at=new.received_at)
        conversation_id = None
    if conversation_id is None:
        conversation_id = (yield from _insert_conversation(new, question))[0]
    turn = yield from _insert_turn(new, question, conversation_id, ahead)
    if question.attachment is not None:
        yield from attach(new, question.attachment, turn.id)
    if has_kept and question.pictures_since is not None:
        turn = yield from _with_kept(new, turn, question.pictures_since)
    push_id = yield from insert_push(new, turn_id=turn.id)
    assert push_id is not None, "the push was looked for in this very transaction"
    return Entered(
        push_id=push_id,
        kind=new.kind,
        is_new=True,
        first_seen_at=new.received_at,
        turn=turn,
        to_run=turn.id if ahead == 0 else None,
    )


def enter_pickup(new: NewPush, turn_id: int) -> Steps[Entered]:
    """A push that asks for a turn's answer."""
    push_id = yield from insert_push(new, turn_id=turn_id)
    if push_id is None:
        return (yield from known_push(new))
    turn = yield from read_turn(turn_id)
    return Entered(
        push_id=push_id, kind=new.kind, is_new=True, first_seen_at=new.received_at, turn=turn
    )


def enter_reply(new: NewPush, reply: bytes, effect: Effect) -> Steps[Entered]:
    """A push that is answered without a turn; its effect happens once."""
    push_id = yield from insert_push(new, reply=reply)
    if push_id is None:
        return (yield from known_push(new))
    if effect is Effect.CLEAR:
        yield from drop_kept(new.account, new.openid)
        yield from close_conversation(new.account, new.openid, new.received_at)
    return replied(new, push_id, reply)


def close_conversation(account: str, openid: str, at: float) -> Steps[None]:
    """The follower's next question starts a new conversation."""
    yield from execute(_CLOSE_CONVERSATION, account=account, openid=openid, at=at)


def _is_idle(new: NewPush, conversation_id: int, idle_s: float | None) -> Steps[bool]:
    if idle_s is None:
        return False
    last = yield from fetch_one(
        _LAST_HAPPENING, account=new.account, openid=new.openid, conversation_id=conversation_id
    )
    # None is left of a conversation that was last heard of before what is kept.
    return last is None or new.received_at - last[0] >= idle_s


def replied(new: NewPush, push_id: int, reply: bytes) -> Entered:
    """A push whose reply was kept as it was entered."""
    return Entered(
        push_id=push_id, kind=new.kind, is_new=True, first_seen_at=new.received_at, reply=reply
    )


def insert_push(
    new: NewPush, *, turn_id: int | None = None, reply: bytes | None = None
) -> Steps[int | None]:
    """The new push's id; None when it is known already."""
    row = yield from fetch_one(
        _INSERT_PUSH,
        account=new.account,
        openid=new.openid,
        key=new.key,
        kind=new.kind.value,
        created_at=new.created_at,
        received_at=new.received_at,
        turn_id=turn_id,
        reply=reply,
        chosen_at=None if reply is None else new.received_at,
    )
    if row is not None and new.grant is not None:
        yield from grant_quota(new.grant)
    return row[0] if row else None


def _insert_turn(
    new: NewPush, question: NewQuestion, conversation_id: int, ahead: int
) -> Steps[Turn]:
    rows = yield from fetch(
        _INSERT_TURN,
        conversation_id=conversation_id,
        account=new.account,
        openid=new.openid,
        question=question.text,
        at=new.received_at,
        provider=question.provider,
        form=question.form.value,
    )
    return turn_from(rows[0], ahead)


def _with_kept(new: NewPush, turn: Turn, since: float) -> Steps[Turn]:
    """The pictures that wait belong to this turn now."""
    was_given = yield from claim_kept(new, turn.id, since)
    if not was_given or turn.form is not Form.TEXT:
        return turn
    yield from execute(
        "UPDATE turn SET form = :form WHERE id = :id", form=Form.PICTURE.value, id=turn.id
    )
    return msgspec.structs.replace(turn, form=Form.PICTURE)


def keep_reply(push_id: int, new: NewPush, reply: bytes) -> Steps[Entered]:
    """Answer a push that was just entered."""
    yield from execute(
        "UPDATE push SET reply = :reply, chosen_at = :at WHERE id = :id",
        reply=reply,
        at=new.received_at,
        id=push_id,
    )
    return replied(new, push_id, reply)


def known_push(new: NewPush) -> Steps[Entered]:
    """Where a push stands that was found to be known."""
    known = yield from repeat(new.account, new.openid, new.key)
    assert known is not None, "the insert found this very push"
    return known


def _insert_conversation(new: NewPush, question: NewQuestion) -> Steps[Row]:
    rows = yield from fetch(
        _INSERT_CONVERSATION,
        account=new.account,
        openid=new.openid,
        user=question.user,
        provider=question.provider,
        at=new.received_at,
    )
    return rows[0]
