"""What an answer to media/get means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.errors import ApiRefused, MediaError
from yingda.wechat.api_base import ApiAnswer
from yingda.wechat.api_files import downloaded_of


def answer(body: bytes, said: str | None, status: int = 200) -> ApiAnswer:
    return ApiAnswer(status, {} if said is None else {"content-type": said}, body)


@pytest.mark.parametrize(
    ("body", "said", "status", "code"),
    [
        (b'{"errcode":40007,"errmsg":"invalid media_id"}', "text/plain", 200, 40007),
        (b'{"errcode":48001}', "application/json; encoding=utf-8", 200, 48001),
        (b'{"errcode":40007}', None, 200, 40007),
        (b'{"errcode":0}', "application/json", 200, None),
        (b'{"video_url":""}', "text/plain", 200, None),
        (b'{"video_url":7}', "text/plain", 200, None),
        (b"<html>", "text/html", 200, None),
        (b"\xff\xd8\xff", "image/jpeg", 502, None),
        (b"", "image/jpeg", 200, None),
        (b"\xff\xd8\xff", None, 200, None),
    ],
)
def test_an_answer_in_words_is_a_refusal(
    body: bytes, said: str | None, status: int, code: int | None
) -> None:
    with pytest.raises(ApiRefused) as caught:
        downloaded_of(answer(body, said, status))
    assert caught.value.code == code


def test_a_video_is_told_by_its_address() -> None:
    found = downloaded_of(answer(b'{"video_url":"http://v.cn/1"}', "text/plain"))
    assert found.video_url == "http://v.cn/1"


def test_the_type_is_what_wechat_says_without_parameters() -> None:
    assert downloaded_of(answer(b"x", "Image/JPEG; a=b")).content_type == "image/jpeg"


@given(
    st.binary(max_size=200),
    st.sampled_from([None, "text/plain", "image/jpeg", "audio/amr", ""]),
    st.sampled_from([200, 302, 404, 502]),
)
def test_any_answer_is_a_file_or_a_refusal(body: bytes, said: str | None, status: int) -> None:
    try:
        found = downloaded_of(answer(body, said, status))
    except (ApiRefused, MediaError) as error:
        assert error.detail  # noqa: PT017  either end is right
    else:
        assert found.content == body
