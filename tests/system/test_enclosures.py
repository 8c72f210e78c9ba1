"""The real process sends a picture and reads an answer aloud, over real HTTP on every side."""

import asyncio
import signal
from pathlib import Path

import pytest

from support.media import amr, picture, seconds_of, tone, wav
from support.process import APP_ID, phone_at, serving
from yingda.clock import SystemClock
from yingda.file_kinds import Kind, kind_of
from yingda.simulator.dify_script import DifyScript
from yingda.simulator.dify_server import DifyServer
from yingda.simulator.followers import Followers
from yingda.simulator.library import Library, MediaFile
from yingda.simulator.phone import Phone
from yingda.simulator.picture_host import PictureHost
from yingda.simulator.server_api import ServerApi
from yingda.simulator.server_api_base import ApiAccount
from yingda.simulator.server_api_http import ServerApiFront

pytestmark = pytest.mark.realtime

KEY = "app-0123456789abcdefghijklmn"
#: No sample: the settings refuse those.
SECRET = "9c3f1e7ab26d48059c3f1e7ab26d4805"
#: Two conversions and some calls; a loaded machine may be slow.
_LIMIT_S = 20.0


async def files_of(phone: Phone, count: int) -> tuple[MediaFile, ...]:
    """What the follower got, once there are so many files."""
    async with asyncio.timeout(_LIMIT_S):
        while len(phone.files()) < count:  # noqa: ASYNC110  not ours to signal
            await asyncio.sleep(0.05)
    return phone.files()


async def test_a_picture_of_difys_and_a_spoken_answer_follow_the_text(tmp_path: Path) -> None:
    clock = SystemClock()
    api = ServerApi(Followers(clock), clock, ApiAccount(app_id=APP_ID, app_secret=SECRET))
    drawn = Library(clock)
    made = drawn.put("image", picture("WEBP", (64, 48)), "image/webp")
    async with (
        DifyServer(clock, api_key=KEY) as dify,
        ServerApiFront(api) as front,
        PictureHost(drawn) as host,
    ):
        dify.extras.heard, dify.extras.speech = "画一只猫", wav(tone(1.5))
        # Dify writes its own files without their host.
        dify.on("画一只猫", DifyScript(text=f"画好了。\n\n![猫](/files/{made}/0)"))
        settings = f'[providers.dify]\nkind = "dify"\nfiles_url = "{host.base_url}"\n'
        await asyncio.to_thread((tmp_path / "yingda.toml").write_text, settings)
        variables = {
            "YINGDA_CONFIG": str(tmp_path / "yingda.toml"),
            "YINGDA_PROVIDER": "dify",
            "YINGDA_DIFY_API_KEY": dify.api_key,
            "YINGDA_DIFY_BASE_URL": dify.base_url,
            "YINGDA_WECHAT_APP_SECRET": SECRET,
            "YINGDA_WECHAT_API_BASE": front.base_url,
            "YINGDA_VOICE_ANSWERS": "voice",
        }
        async with serving(tmp_path, **variables) as (process, address), phone_at(address) as phone:
            api.followers, api.library = phone.platform.followers, phone.platform.library
            seen = await phone.send_voice(amr())
            assert f"[图片] 猫: {host.base_url}/files/{made}/0" in seen.text
            cat, voice = await files_of(phone, 2)
            assert (cat.kind, kind_of(cat.content)) == ("image", Kind.PNG)
            assert (voice.kind, kind_of(voice.content)) == ("voice", Kind.MP3)
            assert seconds_of(voice.content) == pytest.approx(1.5, abs=0.3)
            assert await process.end(signal.SIGTERM) == 0
            assert "enclosure" not in str(process.log)
            assert host.base_url not in str(process.log)
