"""A picture without words, which waits for the follower's next question. One of the `intents`."""

import msgspec

from yingda.turn.model import Attachment


class Keep(msgspec.Struct, frozen=True):
    """Keep a picture for the follower's next question."""

    picture: Attachment
