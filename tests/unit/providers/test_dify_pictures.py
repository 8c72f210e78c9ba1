"""Pictures of a question reach the app, once, as the follower's own."""

import asyncio
from typing import Any

import msgspec
import pytest

from support.dify_pair import dify_pair, events_and_error, events_of, is_whole, outlast
from yingda.clock import VirtualClock
from yingda.errors import (
    PictureUnusable,
    ProviderError,
    ProviderMisconfigured,
    ProviderTimeout,
    ProviderUnavailable,
)
from yingda.providers.base import Picture, Prompt
from yingda.simulator.dify_extras import PICTURE_LIMIT_BYTES
from yingda.simulator.dify_script import DifyScript, Trouble
from yingda.simulator.dify_server import DifyServer

JPEG = Picture(content=b"\xff\xd8\xff\xe0 a picture", content_type="image/jpeg")
PNG = Picture(content=b"\x89PNG\r\n\x1a\n another", content_type="image/png")
UPLOAD = "/v1/files/upload"


def asking(*pictures: Picture) -> Prompt:
    return Prompt(text="这是什么？", user="u1", pictures=pictures)


def runs(server: DifyServer) -> list[dict[str, Any]]:
    return [each.values for each in server.requests if each.path == "/v1/chat-messages"]


def asked(server: DifyServer, path: str) -> int:
    return sum(each.path == path for each in server.requests)


async def test_pictures_are_uploaded_and_named_in_the_run() -> None:
    async with dify_pair() as pair:
        assert pair.dify.capabilities.takes_pictures
        assert is_whole(await events_of(pair.dify, asking(JPEG, PNG)))
        files = runs(pair.server)[0]["files"]
        taken = [pair.server.extras.uploads[each["upload_file_id"]] for each in files]
        assert [each.content for each in taken] == [JPEG.content, PNG.content]
        assert [each.content_type for each in taken] == ["image/jpeg", "image/png"]
        assert [each.name for each in taken] == ["picture.jpg", "picture.png"]
        assert {each.user for each in taken} == {"u1"}
        assert {(each["type"], each["transfer_method"]) for each in files} == {
            ("image", "local_file")
        }


async def test_a_question_without_pictures_uploads_and_asks_nothing_more() -> None:
    async with dify_pair() as pair:
        await events_of(pair.dify, asking())
        assert "files" not in runs(pair.server)[0]
        assert asked(pair.server, "/v1/parameters") == 0


async def test_a_run_that_is_asked_again_names_the_same_upload() -> None:
    script = DifyScript(trouble=Trouble.BUSY, trouble_times=2, retry_after="0")
    clock = VirtualClock()
    async with dify_pair(clock=clock, script=script) as pair:
        task = asyncio.create_task(events_and_error(pair.dify, asking(JPEG)))
        await outlast(clock, task, step_s=0.5)
        events, error = task.result()
        assert error is None
        assert is_whole(events)
        named = [each["files"] for each in runs(pair.server)]
        assert len(named) == 3
        assert named[0] == named[1] == named[2]
        assert len(pair.server.extras.uploads) == 1


async def test_an_upload_that_fails_for_a_passing_reason_is_tried_again() -> None:
    clock = VirtualClock()
    async with dify_pair(clock=clock) as pair:
        pair.server.extras.refusals[UPLOAD] = [(500, "internal_server_error")] * 2
        task = asyncio.create_task(events_and_error(pair.dify, asking(JPEG)))
        await outlast(clock, task, step_s=0.5)
        assert is_whole(task.result()[0])
        assert asked(pair.server, UPLOAD) == 3


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (413, "file_too_large", PictureUnusable),
        (413, "", PictureUnusable),
        (415, "unsupported_file_type", PictureUnusable),
        (400, "invalid_param", PictureUnusable),
        (400, "filename_not_exists_error", PictureUnusable),
        (401, "unauthorized", ProviderMisconfigured),
        (403, "forbidden", ProviderMisconfigured),
        (400, "app_unavailable", ProviderMisconfigured),
        (503, "unknown", ProviderUnavailable),
    ],
)
async def test_a_refused_upload_ends_the_question_before_any_run(
    status: int, code: str, kind: type[ProviderError]
) -> None:
    async with dify_pair(tries=1) as pair:
        pair.server.extras.refusals[UPLOAD] = [(status, code)]
        events, error = await events_and_error(pair.dify, asking(JPEG))
        assert events == []
        assert type(error) is kind
        assert error.mend
        assert runs(pair.server) == []


async def test_a_picture_larger_than_dify_takes_is_told_as_such() -> None:
    large = Picture(content=b"\xff\xd8\xff" + bytes(PICTURE_LIMIT_BYTES), content_type="image/jpeg")
    async with dify_pair() as pair:
        _, error = await events_and_error(pair.dify, asking(large))
        assert isinstance(error, PictureUnusable)
        assert "UPLOAD_IMAGE_FILE_SIZE_LIMIT" in error.mend


@pytest.mark.parametrize(
    "odd",
    [
        Picture(content=b"BM", content_type="image/bmp"),
        Picture(content=b"", content_type="image/png"),
    ],
)
async def test_a_picture_of_no_use_is_not_sent(odd: Picture) -> None:
    async with dify_pair() as pair:
        _, error = await events_and_error(pair.dify, asking(odd))
        assert isinstance(error, PictureUnusable)
        assert asked(pair.server, UPLOAD) == 0


async def test_an_app_that_takes_none_is_refused_before_any_upload() -> None:
    async with dify_pair() as pair:
        pair.server.introduction = {"file_upload": {"image": {"enabled": False}}}
        _, error = await events_and_error(pair.dify, asking(JPEG))
        assert isinstance(error, PictureUnusable)
        assert "Vision" in error.mend
        assert asked(pair.server, UPLOAD) == 0


async def test_what_an_app_takes_is_asked_now_and_then() -> None:
    clock = VirtualClock()
    async with dify_pair(clock=clock) as pair:
        pair.server.introduction = {"file_upload": {"image": {"enabled": False}}}
        for _ in range(2):
            await events_and_error(pair.dify, asking(JPEG))
        assert asked(pair.server, "/v1/parameters") == 1
        pair.server.introduction = {}
        await clock.advance(301.0)
        assert is_whole(await events_of(pair.dify, asking(JPEG)))


async def test_parameters_that_cannot_be_had_do_not_keep_a_picture_back() -> None:
    async with dify_pair() as pair:
        pair.server.introduction = {"file_upload": "odd"}
        assert is_whole(await events_of(pair.dify, asking(JPEG)))


async def test_of_more_pictures_than_an_app_takes_the_newest_go() -> None:
    async with dify_pair() as pair:
        pictures = [msgspec.structs.replace(JPEG, content=bytes([n]) * 9) for n in range(8)]
        assert is_whole(await events_of(pair.dify, asking(*pictures)))
        files = runs(pair.server)[0]["files"]
        taken = [pair.server.extras.uploads[each["upload_file_id"]].content for each in files]
        assert taken == [each.content for each in pictures[-3:]]


@pytest.mark.parametrize(("kind", "is_list"), [("file", False), ("file-list", True)])
async def test_a_file_variable_takes_the_picture(kind: str, is_list: bool) -> None:  # noqa: FBT001 - a column of the table
    async with dify_pair(inputs={"name": "x"}) as pair:
        pair.server.introduction = {
            "file_upload": {"image": {"enabled": False}},
            "user_input_form": [{kind: {"variable": "photo"}}],
        }
        assert is_whole(await events_of(pair.dify, asking(JPEG)))
        (run,) = runs(pair.server)
        value = run["inputs"]["photo"]
        named = value[0] if is_list else value
        assert named["upload_file_id"] in pair.server.extras.uploads
        assert run["inputs"]["name"] == "x"
        assert "files" not in run


@pytest.mark.parametrize(
    ("deadline", "detail"),
    [({"upload_s": 1e-9}, "in time"), ({"total_s": 1e-9}, "total deadline")],
)
async def test_an_upload_that_takes_too_long_passes_its_deadline(
    deadline: dict[str, Any], detail: str
) -> None:
    async with dify_pair(**deadline) as pair:
        _, error = await events_and_error(pair.dify, asking(JPEG))
        assert isinstance(error, ProviderTimeout)
        assert detail in error.detail
        assert runs(pair.server) == []
