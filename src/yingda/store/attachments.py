"""Rows of pictures and recordings: kept, given to a turn, read, dropped.

A picture that waits belongs to no turn; the statement that gives it one takes no other's. Each
function is a part of a transaction's work.
"""

from yingda.store.entries import NewPush
from yingda.store.input_base import KEPT_LIMIT
from yingda.store.steps import Row, Steps, execute, fetch, fetch_one
from yingda.turn.model import Attachment, AttachmentKind, Form, Turn
from yingda.wechat.limits import MEDIA_LIFE_S

_COLUMNS = "kind, url, media_id, fine_media_id"
_INSERT = f"""
    INSERT INTO attachment (account, openid, received_at, turn_id, {_COLUMNS})
    VALUES (:account, :openid, :at, :turn_id, :kind, :url, :media_id, :fine_media_id)
"""
_LET_GO = """
    DELETE FROM attachment
    WHERE account = :account AND openid = :openid AND turn_id IS NULL AND id NOT IN (
        SELECT id FROM attachment
        WHERE account = :account AND openid = :openid AND turn_id IS NULL
        AND received_at >= :since ORDER BY received_at DESC, id DESC LIMIT :limit
    )
"""
_COUNT_KEPT = """
    SELECT count(*) FROM attachment
    WHERE account = :account AND openid = :openid AND turn_id IS NULL
"""
_CLAIM = """
    UPDATE attachment SET turn_id = :turn_id
    WHERE account = :account AND openid = :openid AND received_at >= :since AND turn_id IS NULL
    RETURNING id
"""
_DROP_KEPT = """
    DELETE FROM attachment
    WHERE account = :account AND openid = :openid AND turn_id IS NULL
"""
_OF_TURN = f"SELECT {_COLUMNS} FROM attachment WHERE turn_id = :turn_id ORDER BY id"
_COPY = f"""
    INSERT INTO attachment (account, openid, received_at, turn_id, {_COLUMNS})
    SELECT account, openid, received_at, :to, {_COLUMNS} FROM attachment
    WHERE turn_id = :source ORDER BY id
"""
_SHARED = """
    SELECT 1 FROM attachment one JOIN attachment other
        ON other.media_id = one.media_id AND other.url = one.url
    WHERE one.turn_id = :one AND other.turn_id = :other LIMIT 1
"""
_SWEEP = "DELETE FROM attachment WHERE received_at < :until"
_RECENT = f"""
    SELECT {_COLUMNS} FROM attachment WHERE kind = 'picture' AND turn_id = (
        SELECT t.id FROM turn now JOIN turn t
            ON t.account = now.account AND t.openid = now.openid
            AND t.conversation_id = now.conversation_id
            AND t.number BETWEEN now.number - :turns AND now.number - 1
        WHERE now.id = :turn_id AND t.is_withdrawn = 0 AND EXISTS (
            SELECT 1 FROM attachment own WHERE own.turn_id = t.id AND own.kind = 'picture'
        )
        ORDER BY t.number DESC LIMIT 1
    )
    ORDER BY id
"""


def attach(new: NewPush, attachment: Attachment, turn_id: int | None) -> Steps[None]:
    """Keep what a push carries."""
    yield from execute(
        _INSERT,
        account=new.account,
        openid=new.openid,
        at=new.received_at,
        turn_id=turn_id,
        kind=attachment.kind.value,
        url=attachment.url,
        media_id=attachment.media_id,
        fine_media_id=attachment.fine_media_id,
    )


def keep(new: NewPush, picture: Attachment, since: float) -> Steps[int]:
    """Keep a picture for a question that is yet to come; how many wait now."""
    who = {"account": new.account, "openid": new.openid}
    yield from attach(new, picture, None)
    yield from execute(_LET_GO, since=since, limit=KEPT_LIMIT, **who)
    kept = yield from fetch(_COUNT_KEPT, **who)
    return int(kept[0][0])


def claim_kept(new: NewPush, turn_id: int, since: float) -> Steps[bool]:
    """Give the pictures that wait to this turn; whether there were any."""
    taken = yield from fetch(
        _CLAIM, account=new.account, openid=new.openid, turn_id=turn_id, since=since
    )
    return bool(taken)


def drop_kept(account: str, openid: str) -> Steps[None]:
    """Keep no picture for a question any more."""
    yield from execute(_DROP_KEPT, account=account, openid=openid)


def attachments_of(turn: Turn) -> Steps[tuple[Attachment, ...]]:
    """What came with the question, in its order."""
    if turn.form not in {Form.PICTURE, Form.VOICE}:
        return ()
    return _attachments((yield from fetch(_OF_TURN, turn_id=turn.id)))


def copy_attachments(source: Turn, to: int) -> Steps[None]:
    """The question is asked once more, by another turn."""
    if source.form in {Form.PICTURE, Form.VOICE}:
        yield from execute(_COPY, source=source.id, to=to)


def shares_attachment(turn: Turn, other_id: int) -> Steps[bool]:
    """Whether both turns ask about the same file."""
    found = yield from fetch_one(_SHARED, one=turn.id, other=other_id)
    return found is not None


def recent_pictures(turn_id: int, turns: int) -> Steps[tuple[Attachment, ...]]:
    """What a question without pictures may be about."""
    return _attachments((yield from fetch(_RECENT, turn_id=turn_id, turns=turns)))


def sweep(at: float) -> Steps[None]:
    """Remove what WeChat no longer has."""
    yield from execute(_SWEEP, until=at - MEDIA_LIFE_S)


def _attachments(rows: list[Row]) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(kind=AttachmentKind(row[0]), url=row[1], media_id=row[2], fine_media_id=row[3])
        for row in rows
    )
