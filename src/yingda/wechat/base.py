"""What every push carries, and how one push is told from another.

Knows the common nodes and the identity of a push within its account and follower. Refuses to
know the kinds: `messages` and `events` do.
"""

import hashlib
from typing import TypeAlias

import msgspec

from yingda.errors import BodyMalformed
from yingda.wechat.limits import ID_LIMIT_CHARS, NAME_LIMIT_CHARS, PUSH_KEY_LIMIT_CHARS
from yingda.wechat.xml_tree import Node


class Message(msgspec.Struct, frozen=True):
    """A push of any kind: a message that a follower sent, or an event."""

    #: ToUserName: the account's original id (`gh_…`).
    account_id: str
    #: FromUserName: the follower, as this account alone knows them.
    openid: str
    #: CreateTime in Unix seconds; 0 when absent.
    created_at_s: int
    #: Names the push among those of the same account and follower; equal on every attempt.
    push_key: str


#: The fields of `Message`, in order.
Head: TypeAlias = tuple[str, str, int, str]


def head(nodes: Node, created_at_s: int, push_key: str) -> Head:
    """The common fields; raises BodyMalformed when sender or receiver is missing or no id."""
    return _id(nodes, "tousername"), _id(nodes, "fromusername"), created_at_s, push_key


def _id(nodes: Node, name: str) -> str:
    value = nodes.text(name)
    if not value:
        raise BodyMalformed(f"the push has no {name}")
    if len(value) > ID_LIMIT_CHARS:
        raise BodyMalformed(f"the push's {name} has over {ID_LIMIT_CHARS} characters")
    return value


def created_at_s(nodes: Node) -> int:
    """CreateTime in Unix seconds, 0 when it is absent or no such number."""
    return max(nodes.integer("createtime") or 0, 0)


def message_key(nodes: Node, kind: str, created_s: int) -> str:
    """`m:<MsgId>`; without a MsgId, a key over time, kind and all that the push holds."""
    message_id = nodes.text("msgid")
    if message_id:
        return bounded(f"m:{message_id}")
    return bounded(f"d:{created_s}:{kind}:{_digest(msgspec.json.encode(nodes.fields))}")


def event_key(nodes: Node, name: str, created_s: int) -> str:
    """`e:<CreateTime>:<event>:<EventKey>`, with the MsgID of a report that has one.

    The official rule takes sender and CreateTime alone; two events of one second would collide.
    """
    key = f"e:{created_s}:{name}:{nodes.text('eventkey')}"
    message_id = nodes.text("msgid")
    return bounded(f"{key}:{message_id}" if message_id else key)


def bounded(key: str) -> str:
    """`key`, or its beginning and a digest of the whole when it is over the limit."""
    if len(key) <= PUSH_KEY_LIMIT_CHARS:
        return key
    digest = _digest(key.encode())
    return f"{key[: PUSH_KEY_LIMIT_CHARS - len(digest) - 1]}#{digest}"


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def name_of(nodes: Node, node: str) -> str:
    """A kind's name in lower case, clipped: WeChat's documents and clients differ in its case."""
    return nodes.text(node)[:NAME_LIMIT_CHARS].lower()
