"""How a turn is claimed, run and ended. Each function is one transaction's work.

Every write names the run number it belongs to, so that a worker that was taken for dead and
comes back changes nothing.
"""

from yingda.store.attachments import attachments_of
from yingda.store.enclosing import keep_enclosures
from yingda.store.runs import Claim, Ended, Outcome, RunIds
from yingda.store.spending import COST_VALUES, cost_values, spend
from yingda.store.steps import (
    TURN_COLUMNS,
    Row,
    Steps,
    execute,
    fetch,
    fetch_one,
    head_of,
    place_of,
    turn_from,
)
from yingda.turn.lifecycle import Happening, State, sources
from yingda.turn.model import Notice


def _in(happening: Happening) -> str:
    return ", ".join(f"'{state.value}'" for state in sorted(sources(happening)))


_FIND_CLAIM = f"""
    SELECT t.asked_in_conversation_id, c."user", c.provider, c.provider_conversation_id
    FROM turn t JOIN conversation c ON c.id = t.conversation_id
    WHERE t.id = :id AND t.run_no > 0 AND t.state IN ({_in(Happening.CLAIM)})
    AND NOT EXISTS (
        SELECT 1 FROM turn earlier
        WHERE earlier.account = t.account AND earlier.openid = t.openid
        AND earlier.conversation_id = t.conversation_id
        AND earlier.state IN ('queued', 'running') AND earlier.id < t.id
    )
"""
_CLAIM = f"""
    UPDATE turn SET state = 'running', run_no = run_no + 1, run_started_at = :at,
        asked_in_conversation_id = :asked_in, run_conversation_id = NULL, task_id = NULL,
        message_id = NULL, workflow_run_id = NULL, provider = :provider
    WHERE id = :id RETURNING {TURN_COLUMNS}
"""
# Nearly every turn runs once: then there is nothing to be looked up before it is claimed.
_CLAIM_FIRST = f"""
    UPDATE turn SET state = 'running', run_no = 1, run_started_at = :at, (
        asked_in_conversation_id, provider
    ) = (
        SELECT provider_conversation_id, provider FROM conversation
        WHERE conversation.id = turn.conversation_id
    )
    WHERE id = :id AND run_no = 0 AND state IN ({_in(Happening.CLAIM)}) AND NOT EXISTS (
        SELECT 1 FROM turn earlier
        WHERE earlier.account = turn.account AND earlier.openid = turn.openid
        AND earlier.conversation_id = turn.conversation_id
        AND earlier.state IN ('queued', 'running') AND earlier.id < turn.id
    )
    RETURNING {TURN_COLUMNS}, (
        SELECT "user" FROM conversation WHERE conversation.id = turn.conversation_id
    ), asked_in_conversation_id
"""
_KEEP_LOST_RUN = """
    INSERT INTO lost_run (turn_id, run_no, started_at, taken_over_at, conversation_id, task_id,
        message_id, workflow_run_id, provider)
    SELECT id, run_no, run_started_at, :at, run_conversation_id, task_id, message_id,
        workflow_run_id, provider
    FROM turn WHERE id = :id
"""
# A run that was cut while it looked for an earlier one learnt nothing; what is known of the
# earlier one stays the thing to look for.
_FIND_LOST_RUN = """
    SELECT (SELECT min(started_at) FROM lost_run WHERE turn_id = :id), conversation_id, task_id,
        message_id, workflow_run_id, provider
    FROM lost_run WHERE turn_id = :id
    ORDER BY (task_id IS NOT NULL OR message_id IS NOT NULL) DESC, run_no DESC LIMIT 1
"""
# Enough to tell the same words of two turns apart: a search looks at the newest messages.
_FORMER_TURNS = """
    SELECT message_id, ended_at FROM turn
    WHERE account = :account AND openid = :openid AND conversation_id = :conversation_id
    AND id < :id ORDER BY number DESC LIMIT 50
"""
_KEEP_IDS = """
    run_conversation_id = coalesce(:conversation_id, run_conversation_id),
        task_id = coalesce(:task_id, task_id), message_id = coalesce(:message_id, message_id),
        workflow_run_id = coalesce(:workflow_run_id, workflow_run_id),
        provider = coalesce(:provider, provider)
"""
_NOTE_RUN = f"""
    UPDATE turn SET {_KEEP_IDS}
    WHERE id = :id AND run_no = :run_no AND state = 'running'
"""
_FINISH = """
    UPDATE turn SET state = :state, ended_at = :at, answer = :answer, failure = :failure,
        failure_detail = :failure_detail, conversation_was_reset = :conversation_was_reset,
        is_unread = 1, {ids}, {cost}
    WHERE id = :id AND run_no = :run_no AND state IN ({sources}) RETURNING {columns}, message_id
"""
_END = {
    happening: _FINISH.format(
        sources=_in(happening), columns=TURN_COLUMNS, ids=_KEEP_IDS, cost=COST_VALUES
    )
    for happening in (Happening.ANSWER, Happening.FAIL)
}
_NO_IDS = RunIds()
# An offer in doubt may have been read as well, one that was refused was not.
_BEGIN_ANEW = """
    UPDATE turn SET revision = revision + 1, notice = :notice, replaced_answer = :replaced_answer,
        cursor_source_chars = 0, cursor_block_chars = 0, parts_offered = 0
    WHERE id = :id AND run_no = :run_no AND state = 'running' AND EXISTS (
        SELECT 1 FROM offer WHERE turn_id = turn.id AND offer.revision = turn.revision
        AND offer.state <> 'refused'
    )
"""
_KEEP_PROVIDER_CONVERSATION = """
    UPDATE conversation SET provider_conversation_id = :provider_conversation_id WHERE id = :id
"""


def claim(turn_id: int, at: float) -> Steps[Claim | None]:
    """Take a turn on, or over from a worker that died."""
    row = yield from fetch_one(_CLAIM_FIRST, id=turn_id, at=at)
    if row is None:
        return (yield from _claim_again(turn_id, at))
    turn, (user, asked_in) = turn_from(row), row[-2:]
    return Claim(
        turn=turn,
        user=user,
        provider=turn.provider,
        provider_conversation_id=asked_in,
        attachments=(yield from attachments_of(turn)),
    )


def _claim_again(turn_id: int, at: float) -> Steps[Claim | None]:
    found = yield from fetch_one(_FIND_CLAIM, id=turn_id)
    if found is None:
        return None
    asked_earlier_in, user, provider, asked_in = found
    yield from execute(_KEEP_LOST_RUN, id=turn_id, at=at)
    lost = (yield from fetch(_FIND_LOST_RUN, id=turn_id))[0]
    # What is looked for may be a run before the last one, and a stand-in's: that was asked in
    # no conversation, whatever the last one was asked in.
    is_own = lost[-1] in {None, provider}
    row = yield from fetch_one(_CLAIM, id=turn_id, at=at, asked_in=asked_in, provider=provider)
    assert row is not None, "the turn was found in this very transaction"
    turn = turn_from(row)
    former = yield from fetch(_FORMER_TURNS, id=turn_id, **place_of(turn))
    return Claim(
        turn=turn,
        user=user,
        former_message_ids=frozenset(message_id for message_id, _ in former if message_id),
        former_ended_at=max((ended_at for _, ended_at in former if ended_at), default=None),
        provider=provider,
        provider_conversation_id=asked_in,
        attachments=(yield from attachments_of(turn)),
        earlier=_run_ids(lost, asked_earlier_in if is_own else None),
    )


def _run_ids(lost: Row, asked_in: str | None) -> RunIds:
    started_at, conversation_id, task_id, message_id, workflow_run_id, provider = lost
    return RunIds(
        started_at=started_at,
        asked_in_conversation_id=asked_in,
        conversation_id=conversation_id,
        task_id=task_id,
        message_id=message_id,
        workflow_run_id=workflow_run_id,
        provider=provider,
    )


def note_run(turn_id: int, run_no: int, ids: RunIds) -> Steps[None]:
    """Keep what the provider calls this run."""
    yield from execute(_NOTE_RUN, id=turn_id, run_no=run_no, **_named(ids))


def _named(ids: RunIds) -> dict[str, str | None]:
    return {
        "conversation_id": ids.conversation_id,
        "task_id": ids.task_id,
        "message_id": ids.message_id,
        "workflow_run_id": ids.workflow_run_id,
        "provider": ids.provider,
    }


def begin_anew(
    turn_id: int,
    run_no: int,
    notice: Notice = Notice.REGENERATED,
    replaced_answer: str | None = None,
) -> Steps[None]:
    """The text begins anew; nothing is to be told of that if nothing of it was offered."""
    yield from execute(
        _BEGIN_ANEW,
        id=turn_id,
        run_no=run_no,
        notice=notice.value,
        replaced_answer=replaced_answer,
    )


def finish(turn_id: int, run_no: int, outcome: Outcome, at: float) -> Steps[Ended | None]:
    """End a turn, and tell which one may now start."""
    happening = Happening.ANSWER if outcome.failure is None else Happening.FAIL
    if outcome.replaced_answer is not None:
        yield from begin_anew(turn_id, run_no, Notice.CORRECTED, outcome.replaced_answer)
    row = yield from fetch_one(
        _END[happening],
        id=turn_id,
        run_no=run_no,
        at=at,
        state=(State.ANSWERED if outcome.failure is None else State.FAILED).value,
        answer=outcome.answer,
        failure=outcome.failure.value if outcome.failure else None,
        failure_detail=outcome.failure_detail,
        conversation_was_reset=int(outcome.conversation_was_reset),
        **cost_values(outcome.cost),
        **_named(outcome.ids or _NO_IDS),
    )
    if row is None:
        return None
    ended = turn_from(row)
    yield from keep_enclosures(ended, outcome.enclosures)
    if outcome.provider_conversation_id is not None or outcome.provider_forgot:
        yield from execute(
            _KEEP_PROVIDER_CONVERSATION,
            id=ended.conversation_id,
            provider_conversation_id=(
                None if outcome.provider_forgot else outcome.provider_conversation_id
            ),
        )
    to_run = yield from head_of(ended)
    # Last: all turns of the account that end meanwhile wait for this row.
    spent = yield from spend(ended.account, outcome.cost, answers=int(outcome.failure is None))
    return Ended(turn=ended, to_run=to_run, message_id=row[-1], spent=spent)
