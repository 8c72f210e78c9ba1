"""What becomes of a run when another provider is asked. Each function is one transaction's work."""

from yingda.store.runs import RunIds, StandIn
from yingda.store.steps import Steps, execute, fetch_one

# Also of a turn that was cancelled in the very moment: what it left is somebody's all the same.
_CONVERSATION = """
    SELECT c.id, c.provider, c."user", t.asked_in_conversation_id, t.erased_at
    FROM turn t JOIN conversation c ON c.id = t.conversation_id
    WHERE t.id = :id AND t.run_no = :run_no AND t.state IN ('running', 'cancelled')
"""
_ASK = """
    UPDATE turn SET provider = :provider, asked_in_conversation_id = NULL,
        run_conversation_id = NULL, task_id = NULL, message_id = NULL, workflow_run_id = NULL
    WHERE id = :id
"""
# Only from what this run was asked in: a later turn may have named another one meanwhile.
_CONTINUE_CONVERSATION = """
    UPDATE conversation SET provider_conversation_id = :name
    WHERE id = :id AND coalesce(provider_conversation_id, '') = :asked_in
"""
_KEEP_DELETION = """
    INSERT INTO provider_deletion (provider, "user", provider_conversation_id, due_at)
    VALUES (:provider, :user, :name, :at) ON CONFLICT DO NOTHING
"""


def stand_in(turn_id: int, run_no: int, new: StandIn) -> Steps[None]:
    """The turn's names are the next provider's from here on.

    The conversation's own provider goes on in what it began; a stand-in's conversation would have
    no second question, and no answer either: it goes.
    """
    found = yield from fetch_one(_CONVERSATION, id=turn_id, run_no=run_no)
    if found is None:
        return
    conversation_id, own, user, asked_in, erased_at = found
    yield from execute(_ASK, id=turn_id, provider=new.provider)
    if not new.left.conversation_id:
        return
    if new.left.provider == own and erased_at is None:
        yield from continue_conversation(conversation_id, new.left, asked_in)
    else:
        yield from keep_deletion(new.left, own, user, new.at)


def continue_conversation(conversation_id: int, ids: RunIds, asked_in: str | None) -> Steps[None]:
    """The conversation goes on in what its own provider began."""
    yield from execute(
        _CONTINUE_CONVERSATION,
        id=conversation_id,
        name=ids.conversation_id,
        asked_in=asked_in or "",
    )


def keep_deletion(ids: RunIds, own: str, user: str, at: float) -> Steps[None]:
    """The run's conversation is to be deleted where it was begun; `own` if that is not known."""
    yield from execute(
        _KEEP_DELETION,
        provider=ids.provider or own,
        user=user,
        name=ids.conversation_id,
        at=at,
    )
