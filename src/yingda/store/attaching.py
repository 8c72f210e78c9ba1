"""Pictures that wait for a question, and what was heard.

Each function is one transaction's work.
"""

from collections.abc import Callable

from yingda.store.attachments import keep
from yingda.store.entering import insert_push, keep_reply, known_push
from yingda.store.entries import Entered, NewPush
from yingda.store.steps import Steps, execute
from yingda.turn.model import Attachment

_NOTE_QUESTION = """
    UPDATE turn SET question = :text
    WHERE id = :id AND run_no = :run_no AND state = 'running' AND erased_at IS NULL
"""


def enter_picture(
    new: NewPush, picture: Attachment, since: float, reply: Callable[[int], bytes]
) -> Steps[Entered]:
    """A push with a picture that waits for the follower's words."""
    push_id = yield from insert_push(new)
    if push_id is None:
        return (yield from known_push(new))
    kept = yield from keep(new, picture, since)
    return (yield from keep_reply(push_id, new, reply(kept)))


def note_question(turn_id: int, run_no: int, text: str) -> Steps[None]:
    """Keep what was heard."""
    yield from execute(_NOTE_QUESTION, id=turn_id, run_no=run_no, text=text)
