"""What the client of WeChat's server API keeps to with files, on every transport."""

from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

import pytest

from support import media
from support.server_api import ANN, HTTP, IN_PROCESS, SEND, SHORT_S, Line, open_line
from yingda.errors import ApiKind, ApiRefused, ApiUnreachable, MediaTooLarge, SendInDoubt
from yingda.simulator.server_api_base import AccountKind, ApiAccount, Fault
from yingda.wechat.limits import MEDIA_LIMIT_BYTES

GET, UPLOAD = "/cgi-bin/media/get", "/cgi-bin/media/upload"
ANY_BYTES = bytes(range(256)) * 4


@pytest.fixture(params=[IN_PROCESS, HTTP])
async def line(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Line]:
    async with open_line(tmp_path, request.param) as opened:
        yield opened


async def refused(line: Line, work: Awaitable[object]) -> ApiRefused:
    with pytest.raises(ApiRefused) as caught:
        await line.run(work)
    return caught.value


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [("image", "image/jpeg"), ("voice", "audio/amr"), ("voice", "voice/speex")],
)
async def test_a_file_that_a_follower_sent_arrives_byte_by_byte(
    kind: str, content_type: str, line: Line
) -> None:
    media_id = line.server.library.put(kind, ANY_BYTES, content_type)
    found = await line.run(line.api.download(media_id))
    assert (found.content, found.content_type, found.video_url) == (ANY_BYTES, content_type, "")


async def test_a_file_that_looks_like_an_answer_in_words_is_still_a_file(line: Line) -> None:
    media_id = line.server.library.put("image", b'{"errcode": 40001}', "image/png")
    assert (await line.run(line.api.download(media_id))).content == b'{"errcode": 40001}'


async def test_of_a_video_comes_the_address(line: Line) -> None:
    media_id = line.server.library.put("video", b"", "video/mp4")
    found = await line.run(line.api.download(media_id))
    assert found.video_url.endswith(media_id)
    assert not found.content


async def test_the_largest_file_arrives_whole_and_a_larger_one_not_at_all(line: Line) -> None:
    library = line.server.library
    largest = library.put("image", bytes(MEDIA_LIMIT_BYTES), "image/png")
    larger = library.put("image", bytes(MEDIA_LIMIT_BYTES + 1), "image/png")
    assert len((await line.run(line.api.download(largest))).content) == MEDIA_LIMIT_BYTES
    with pytest.raises(MediaTooLarge):
        await line.run(line.api.download(larger))


@pytest.mark.parametrize(("media_id", "code"), [("media-99", 40007), ("", 41006)])
async def test_a_file_that_is_not_there_is_refused_with_its_code(
    media_id: str, code: int, line: Line
) -> None:
    found = await refused(line, line.api.download(media_id))
    assert found.code == code
    assert found.mend


async def test_an_unverified_account_gets_and_brings_no_files(line: Line) -> None:
    media_id = line.server.library.put("voice", b"x", "audio/amr")
    line.server.account = ApiAccount(kind=AccountKind.SUBSCRIPTION)
    for work in (
        line.api.download(media_id),
        line.api.upload_voice(media.amr(0.1), "a.amr", "audio/amr"),
    ):
        assert (await refused(line, work)).kind is ApiKind.NOT_ALLOWED


async def test_a_refused_token_is_renewed_before_a_file_is_given_up(line: Line) -> None:
    media_id = line.server.library.put("image", ANY_BYTES, "image/png")
    await line.run(line.api.check_token())
    line.server.tokens.revoke()
    assert (await line.run(line.api.download(media_id))).content == ANY_BYTES
    assert line.fetches == 2


async def test_a_busy_wechat_is_asked_again_for_a_file(line: Line) -> None:
    media_id = line.server.library.put("image", ANY_BYTES, "image/png")
    line.server.script(Fault(code=-1, path=GET))
    assert (await line.run(line.api.download(media_id))).content == ANY_BYTES
    line.server.script(Fault(code=-1, path=GET))
    found = await refused(line, line.api.download(media_id, within_s=0.0))
    assert found.kind is ApiKind.BUSY


async def test_a_gateway_s_page_is_no_file(line: Line) -> None:
    media_id = line.server.library.put("image", ANY_BYTES, "image/png")
    line.server.script(Fault(is_page=True, path=GET))
    assert (await refused(line, line.api.download(media_id))).code is None


async def test_a_file_that_never_comes_may_be_asked_for_again(line: Line) -> None:
    media_id = line.server.library.put("image", ANY_BYTES, "image/png")
    await line.run(line.api.check_token())
    line.server.script(Fault(is_silent=True, path=GET))
    with pytest.raises(ApiUnreachable):
        await line.run(line.client(answer_s=SHORT_S).download(media_id))


@pytest.mark.parametrize("kind", ["amr", "mp3"])
async def test_a_recording_is_uploaded_and_heard(kind: str, line: Line) -> None:
    content = (
        media.amr()
        if kind == "amr"
        else media.encoded(media.tone(1.0, 24_000), "mp3", "libmp3lame", 24_000)
    )
    uploaded = await line.run(line.api.upload_voice(content, f"a.{kind}", f"audio/{kind}"))
    await line.run(line.api.send_voice(line.says(), uploaded.media_id))
    assert line.shown() == [f"[语音] {uploaded.media_id}"]
    assert uploaded.expires_at == pytest.approx(line.clock.now() + 3 * 86_400, abs=2)
    assert (await line.run(line.api.download(uploaded.media_id))).content == content


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", 44001),
        (b"RIFF", 40005),
        (b"#!AMR\n" + (b"\x3c" + bytes(31)) * 3001, 45007),
        (b"#!AMR\n" + (b"\x3c" + bytes(31)) * 70_000, 45001),
    ],
    ids=["empty", "of another kind", "over a minute", "over two megabytes"],
)
async def test_a_recording_that_wechat_does_not_take_is_refused(
    content: bytes, code: int, line: Line
) -> None:
    found = await refused(line, line.api.upload_voice(content, "a.amr", "audio/amr"))
    assert found.code == code
    assert found.mend


async def test_a_picture_is_no_recording(line: Line) -> None:
    media_id = line.server.library.put("image", ANY_BYTES, "image/png")
    assert (await refused(line, line.api.send_voice(line.says(), media_id))).code == 40007


async def test_a_recording_that_is_never_answered_is_in_doubt_and_sent_once(line: Line) -> None:
    await line.run(line.api.check_token())
    media_id = line.server.library.put("voice", media.amr(0.1), "audio/amr")
    line.server.script(Fault(is_silent=True, path=SEND))
    with pytest.raises(SendInDoubt):
        await line.run(line.client(answer_s=SHORT_S).send_voice(line.says(), media_id))
    assert line.shown() == [f"[语音] {media_id}"]
    assert line.server.calls[SEND] == 1


async def test_a_picture_of_any_size_that_wechat_takes_is_uploaded(line: Line) -> None:
    content = bytes(range(256)) * (MEDIA_LIMIT_BYTES // 256)
    uploaded = await line.run(line.api.upload_image(content, "x.png", "image/png"))
    assert (await line.run(line.api.download(uploaded.media_id))).content == content


async def test_nothing_shows_what_a_follower_sent(line: Line) -> None:
    media_id = line.server.library.put("image", "私房照".encode(), "image/png")
    found = await line.run(line.api.download(media_id))
    assert "私房照".encode().hex() not in repr(found)
    assert "bytes" in repr(found)
    assert ANN not in repr(found)
