"""What an answer to media/get means: a file, a video's address, or a refusal. Pure.

WeChat answers with the file itself, but with JSON where something is wrong, and where the file is a
video. Source: the official page on getting temporary material.
"""

from typing import Final

from yingda.errors import MediaTooLarge
from yingda.wechat.api_base import ApiAnswer, Downloaded
from yingda.wechat.api_errors import foreign, values_of

#: What WeChat has been seen to call its JSON; no file of a follower's is of these types.
_SAID_OF_JSON: Final = frozenset({"", "application/json", "text/json", "text/plain", "text/html"})


def downloaded_of(answer: ApiAnswer) -> Downloaded:
    """The file. Raises `ApiRefused`, and `MediaTooLarge` for one over the request's limit."""
    said = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if answer.status != 200 or not answer.body or said in _SAID_OF_JSON:
        return _in_words(answer)
    if answer.is_cut:
        raise MediaTooLarge(f"the file at WeChat has over {len(answer.body)} bytes")
    return Downloaded(content=answer.body, content_type=said)


def _in_words(answer: ApiAnswer) -> Downloaded:
    video_url = values_of(answer).get("video_url")
    if not isinstance(video_url, str) or not video_url:
        raise foreign(answer)
    return Downloaded(content_type="video/mp4", video_url=video_url)
