"""How turns are stopped, and asked once more. Each function is one transaction's work."""

from collections.abc import Callable

import msgspec

from yingda.store.admission import OpenTurns
from yingda.store.attachments import copy_attachments, shares_attachment
from yingda.store.cost_base import Cost, Spent
from yingda.store.entering import (
    enter_question,
    enter_reply,
    insert_push,
    keep_reply,
    known_push,
    repeat,
)
from yingda.store.entries import Effect, Entered, NewPush, NewQuestion
from yingda.store.quotas import withdraw_pushes
from yingda.store.runs import RunIds
from yingda.store.spending import spend_on_cut_run
from yingda.store.standing_in import continue_conversation, keep_deletion
from yingda.store.steps import TURN_COLUMNS, Steps, execute, fetch, fetch_one, read_turn, turn_from
from yingda.store.wishes import NewRetry
from yingda.turn.lifecycle import Happening, sources
from yingda.turn.model import Form, Turn

_CANCELLABLE = ", ".join(f"'{state.value}'" for state in sorted(sources(Happening.CANCEL)))
_CANCEL_PENDING = f"""
    UPDATE turn SET state = 'cancelled', ended_at = :at
    WHERE account = :account AND openid = :openid AND state IN ({_CANCELLABLE})
    RETURNING {TURN_COLUMNS}
"""
_LAST_ASKED = """
    SELECT id FROM turn WHERE account = :account AND openid = :openid AND is_withdrawn = 0
    ORDER BY number DESC LIMIT 1
"""
_NUMBERED = """
    SELECT id FROM turn
    WHERE account = :account AND openid = :openid AND number = :number AND is_withdrawn = 0
"""
_FIRST_ASKED = "SELECT provider FROM conversation WHERE id = :id"
_PENDING = """
    SELECT id, question FROM turn
    WHERE account = :account AND openid = :openid AND state IN ('queued', 'running')
    ORDER BY id DESC
"""
_CUT_TURN = """
    SELECT t.erased_at, t.is_withdrawn, t.asked_in_conversation_id, c.id, c.provider, c."user"
    FROM turn t JOIN conversation c ON c.id = t.conversation_id
    WHERE t.id = :id AND t.run_no = :run_no AND t.state = 'cancelled'
"""
_KEEP_CUT_RUN = """
    UPDATE turn SET answer = CASE WHEN answer = '' THEN :text ELSE answer END,
        run_conversation_id = coalesce(:conversation_id, run_conversation_id),
        task_id = coalesce(:task_id, task_id), message_id = coalesce(:message_id, message_id),
        workflow_run_id = coalesce(:workflow_run_id, workflow_run_id),
        provider = coalesce(:provider, provider)
    WHERE id = :id
"""


def cancel_pending(account: str, openid: str, at: float) -> Steps[tuple[Turn, ...]]:
    """Cancel all that this follower waits for; the turns in the order they were asked."""
    rows = yield from fetch(_CANCEL_PENDING, account=account, openid=openid, at=at)
    return tuple(sorted((turn_from(row) for row in rows), key=lambda turn: turn.id))


def enter_stop(new: NewPush, reply: Callable[[tuple[Turn, ...]], bytes]) -> Steps[Entered]:
    """A push that stops what runs and what waits behind it."""
    push_id = yield from insert_push(new)
    if push_id is None:
        return (yield from known_push(new))
    yield from withdraw_pushes(new.account, new.openid)
    stopped = yield from cancel_pending(new.account, new.openid, new.received_at)
    entered = yield from keep_reply(push_id, new, reply(stopped))
    return msgspec.structs.replace(entered, cancelled=tuple(turn.id for turn in stopped))


def enter_retry(
    new: NewPush, question: NewQuestion, retry: NewRetry, open_turns: OpenTurns
) -> Steps[Entered]:
    """A push that asks an earlier question as a new turn, within the bounds of any question."""
    known = yield from repeat(new.account, new.openid, new.key)
    if known is not None:
        return known
    target = yield from _target(new, retry.number)
    if target is None:
        return (yield from enter_reply(new, retry.nothing, Effect.NONE))
    busy = yield from _busy(new, target, retry.number)
    if busy is not None:
        return (yield from enter_reply(new, retry.pending(busy), Effect.NONE))
    asked = msgspec.structs.replace(question, text=target.question, form=target.form)
    first = yield from fetch_one(_FIRST_ASKED, id=target.conversation_id)
    if first is not None and first[0] in retry.routed:
        asked = msgspec.structs.replace(asked, provider=first[0], choices=frozenset())
    entered = yield from enter_question(new, asked, open_turns)
    if entered.turn is not None:
        yield from copy_attachments(target, entered.turn.id)
    return entered


def _target(new: NewPush, number: int | None) -> Steps[Turn | None]:
    who = {"account": new.account, "openid": new.openid}
    if number is None:
        row = yield from fetch_one(_LAST_ASKED, **who)
    else:
        row = yield from fetch_one(_NUMBERED, number=number, **who)
    return None if row is None else (yield from read_turn(row[0]))


def _busy(new: NewPush, target: Turn, number: int | None) -> Steps[Turn | None]:
    """The pending turn that makes asking once more needless."""
    pending = yield from fetch(_PENDING, account=new.account, openid=new.openid)
    # A second tap on the link of a failure names the failed turn, not the one that repeats it.
    for turn_id, question in pending:
        if number is None or (
            question == target.question and (yield from _is_about_the_same(target, turn_id))
        ):
            return (yield from read_turn(turn_id))
    return None


def _is_about_the_same(target: Turn, pending_id: int) -> Steps[bool]:
    # Of pictures, and of recordings before they are heard, the words tell nothing.
    if pending_id == target.id or target.form not in {Form.PICTURE, Form.VOICE}:
        return True
    return (yield from shares_attachment(target, pending_id))


def keep_cut_run(
    turn_id: int, run_no: int, ids: RunIds, *, text: str, at: float, cost: Cost | None = None
) -> Steps[tuple[Spent, ...]]:
    """What had come of a turn when it was cancelled, and what it cost."""
    yield from _keep_cut_answer(turn_id, run_no, ids, text=text, at=at)
    return (yield from spend_on_cut_run(turn_id, run_no, cost))


def _keep_cut_answer(
    turn_id: int, run_no: int, ids: RunIds, *, text: str, at: float
) -> Steps[None]:
    cut = yield from fetch_one(_CUT_TURN, id=turn_id, run_no=run_no)
    if cut is None:
        return
    erased_at, is_withdrawn, asked_in, conversation_id, provider, user = cut
    if erased_at is not None:
        if ids.conversation_id:
            yield from keep_deletion(ids, provider, user, at)
        return
    yield from execute(
        _KEEP_CUT_RUN,
        id=turn_id,
        text="" if is_withdrawn else text,
        conversation_id=ids.conversation_id,
        task_id=ids.task_id,
        message_id=ids.message_id,
        workflow_run_id=ids.workflow_run_id,
        provider=ids.provider,
    )
    # A stand-in's conversation is no part of it.
    if ids.conversation_id and ids.provider in {None, provider}:
        yield from continue_conversation(conversation_id, ids, asked_in)
