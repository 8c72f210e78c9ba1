"""A picture without words, which waits for the follower's next question. A part of `commands`."""

import msgspec

from yingda.turn.model import Attachment


class Keep(msgspec.Struct, frozen=True):
    """Keep a picture for the follower's next question."""

    picture: Attachment
