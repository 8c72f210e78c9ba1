"""Every number and fixed wording of the Official Account protocol, with unit and source.

Knows what the platform documents or was seen to do, and how texts are counted. Knows nothing about
our delivery rules: how long to hold an attempt or when to split an answer is decided elsewhere.
"""

import re
from typing import Final

#: Seconds until WeChat cuts an attempt. Official pages on receiving messages and events.
WINDOW_S: Final = 5.0
#: Attempts of one push: the first and two repeats. The official wording could be read as four;
#: three are observed in the field.
ATTEMPTS: Final = 3
#: UTF-8 bytes of a passive text. The official page is silent; 2047 and 2048 were measured by
#: others, the smaller one is safe.
TEXT_LIMIT_BYTES: Final = 2047
#: UTF-8 bytes of a part (600 Han characters). Our choice: room for a label and links under
#: `TEXT_LIMIT_BYTES`, and below the lowest limit that was reported (about 1880 bytes).
PART_BYTES: Final = 1800

#: Seconds a signed timestamp may differ from our clock. Our choice, for the platform names no
#: limit: repeats carry the first attempt's timestamp, and clocks differ by a minute or two.
FRESHNESS_S: Final = 300.0

#: Bytes of a push. Our choice: the largest push seen is a few KB, tripled in compatible mode.
BODY_LIMIT_BYTES: Final = 1 << 20
#: Nested nodes in a push. Our choice: the deepest documented one has five (a picture's digest).
DEPTH_LIMIT: Final = 16
#: Nodes in a push. Our choice: the widest documented ones have a few dozen.
NODE_LIMIT: Final = 4096
#: Characters of an openid or an account id. Our choice: real ones have 15 to 28.
ID_LIMIT_CHARS: Final = 128
#: Characters kept of an unknown MsgType or Event. Our choice: the longest known one has 35.
NAME_LIMIT_CHARS: Final = 64
#: Characters of a push key. Our choice, so that it fits every store's index.
PUSH_KEY_LIMIT_CHARS: Final = 160
#: The largest whole number that a push may carry: MsgId is a 64-bit integer (official page).
INTEGER_LIMIT: Final = (1 << 63) - 1

#: 3 to 32 letters and digits. Official page on the server configuration.
TOKEN_FORMAT: Final = re.compile(r"[0-9A-Za-z]{3,32}")
#: 43 letters and digits. Official page on message encryption.
AES_KEY_CHARS: Final = 43
AES_KEY_FORMAT: Final = re.compile(r"[0-9A-Za-z]{43}")

#: Widths inside the encrypted payload, in bytes: a random head, then the message's length, then
#: message and AppID, padded to whole blocks. Official page on message encryption.
RANDOM_BYTES: Final = 16
LENGTH_BYTES: Final = 4
PADDING_BLOCK_BYTES: Final = 32

#: The body that accepts a push and shows nothing. Official page on passive replies.
SUCCESS: Final = b"success"

#: What a follower reads when no attempt was answered legally: today's wording (forum posts,
#: 2023 and later), then that of older documents.
FAILURE_LINES: Final = (
    "该公众号提供的服务出现故障，请稍后再试",
    "该公众号暂时无法提供服务，请稍后再试",
)
#: The text that stands for stickers and other kinds which WeChat does not forward. Seen in the
#: field; no official page names it.
UNSUPPORTED_SENTENCE: Final = "【收到不支持的消息类型，暂无法显示】"
#: What an EventKey of `subscribe` begins with when the follower came by a scene QR code.
#: Official page on events.
SCENE_PREFIX: Final = "qrscene_"

#: UTF-8 bytes of a service message's text. Measured by others; the official page only names the
#: error, 45002.
SERVICE_TEXT_LIMIT_BYTES: Final = 2048
#: Seconds for which the typing state is shown, and how long ago the follower may have written
#: last. Official page on the typing state.
TYPING_S: Final = 15.0
TYPING_AFTER_S: Final = 30.0
#: Bytes of a picture to upload. The official page names 10 MB and 2 MB; the smaller one is safe.
IMAGE_LIMIT_BYTES: Final = 2 << 20
#: Bytes and seconds of a recording to upload, AMR or MP3. Official page on temporary material.
VOICE_LIMIT_BYTES: Final = 2 << 20
VOICE_LIMIT_S: Final = 60.0
#: Bytes of the largest file that WeChat keeps (pictures and videos). The same page.
MEDIA_LIMIT_BYTES: Final = 10 << 20
#: Seconds for which WeChat keeps an uploaded file. Official page on temporary material.
MEDIA_LIFE_S: Final = 3 * 86_400.0


def size_bytes(text: str) -> int:
    """Bytes of UTF-8; a lone surrogate counts like any character of its size."""
    return len(text.encode("utf-8", "surrogatepass"))
