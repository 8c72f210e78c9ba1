"""The real process with a real picture and a real recording, over real HTTP on every side."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from support.media import amr, amr_wb, picture
from support.process import APP_ID, Process, phone_at, serving
from yingda.clock import SystemClock
from yingda.simulator.dify_server import DifyServer
from yingda.simulator.followers import Followers
from yingda.simulator.phone import Phone
from yingda.simulator.picture_host import PictureHost
from yingda.simulator.server_api import ServerApi
from yingda.simulator.server_api_base import ApiAccount
from yingda.simulator.server_api_http import ServerApiFront

pytestmark = pytest.mark.realtime

KEY = "app-0123456789abcdefghijklmn"
#: No sample: the settings refuse those.
SECRET = "9c3f1e7ab26d48059c3f1e7ab26d4805"


@asynccontextmanager
async def verified(folder: Path) -> AsyncIterator[tuple[Process, Phone, DifyServer]]:
    """A process whose account may download, a follower of it, and the Dify behind it."""
    clock = SystemClock()
    api = ServerApi(Followers(clock), clock, ApiAccount(app_id=APP_ID, app_secret=SECRET))
    async with DifyServer(clock, api_key=KEY) as dify, ServerApiFront(api) as front:
        variables = {
            "YINGDA_PROVIDER": "dify",
            "YINGDA_DIFY_API_KEY": dify.api_key,
            "YINGDA_DIFY_BASE_URL": dify.base_url,
            "YINGDA_WECHAT_APP_SECRET": SECRET,
            "YINGDA_WECHAT_API_BASE": front.base_url,
            "YINGDA_MODE": "passive",
        }
        async with serving(folder, **variables) as (process, address), phone_at(address) as phone:
            api.followers, api.library = phone.platform.followers, phone.platform.library
            yield process, phone, dify


async def test_a_picture_on_a_private_network_is_not_fetched_there_but_had_from_wechat(
    tmp_path: Path,
) -> None:
    content = picture("JPEG", (64, 48))
    async with (
        verified(tmp_path) as (process, phone, dify),
        PictureHost(phone.platform.library) as host,
    ):
        assert "图片收到" in (await phone.send_image(content)).text
        assert (await phone.say("这是什么")).shown
        assert host.asked == []
        assert [upload.content for upload in dify.extras.uploads.values()] == [content]
        assert dify.calls["这是什么"] == 1
        assert await process.end(signal.SIGTERM) == 0
        assert "这是什么" not in str(process.log)


async def test_a_recording_is_converted_heard_and_asked(tmp_path: Path) -> None:
    async with verified(tmp_path) as (process, phone, dify):
        dify.extras.heard = "明天会下雨吗"
        seen = await phone.send_voice(amr(), amr_wb())
        assert "听到的是：「明天会下雨吗」" in seen.text
        (recording,) = dify.extras.recordings
        assert recording.content[:4] == b"RIFF"
        assert dify.calls["明天会下雨吗"] == 1
        assert await process.end(signal.SIGTERM) == 0
        assert "明天" not in str(process.log)
