"""Texts of ours as replies to a message, in clear."""

from yingda.engine.accounts.accounts import Account
from yingda.wechat.base import Message
from yingda.wechat.replies import Reply, TextReply, to_xml


def text_reply(message: Message, text: str, created_at_s: int) -> bytes:
    """A text to the follower who sent `message`, in clear."""
    return to_clear(message, TextReply(text), created_at_s)


def to_clear(message: Message, reply: Reply, created_at_s: int) -> bytes:
    """A reply to the follower who sent `message`, in clear."""
    return to_xml(
        reply,
        to_openid=message.openid,
        from_account_id=message.account_id,
        created_at_s=created_at_s,
    )


def sentence(account: Account, message: Message, key: str, **values: object) -> bytes:
    """A sentence as a reply; the same bytes at every attempt, so it needs no record."""
    return text_reply(message, words_of(account, key, **values), message.created_at_s)


def words_of(account: Account, key: str, **values: object) -> str:
    """A sentence of this account's, with what every sentence may name filled in."""
    texts = account.style.texts
    filled = {"word": account.style.pickup_word, "retry": texts.say("retry_label"), **values}
    if key == "help":
        filled["commands"] = help_lines(account)
    return texts.say(key, **filled)


def help_lines(account: Account) -> str:
    """A line for each command that has a word."""
    return "\n".join(
        account.style.texts.say(f"help_{command.value}", command=word)
        for command, word in account.shown_words.items()
    )
