"""`yingda demo` from a pipe, as a newcomer or a script runs it."""

import asyncio
import os
import sys

import pytest

from yingda.clock import SystemClock
from yingda.simulator.openai_script import ChatScript
from yingda.simulator.openai_server import MODEL, SAMPLE_KEY, OpenAiServer

pytestmark = pytest.mark.realtime


async def test_the_demo_answers_from_a_pipe_and_ends_well() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "yingda", "demo"),
        env={**os.environ, "LANG": "zh_CN.UTF-8", "LC_ALL": "zh_CN.UTF-8"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complaints = await asyncio.wait_for(
        process.communicate("你好\n:image\n1\n/help\n".encode()), 30
    )
    text = said.decode()
    assert complaints == b""
    assert process.returncode == 0
    assert "12 秒才答完" in text
    assert "你问的是：「你好」" in text
    assert "暂时还看不了图片" in text
    assert "问：你好" in text
    assert "/clear：开始新的对话" in text
    assert "\x1b" not in text


async def test_the_demo_asks_the_model_that_the_environment_names() -> None:
    script = ChatScript(text="模型在这里作答。", reasoning="先想一想。")
    async with OpenAiServer(SystemClock(), script) as server:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "yingda", "demo"),
            env={
                **os.environ,
                "LC_ALL": "zh_CN.UTF-8",
                "YINGDA_OPENAI_BASE_URL": server.base_url,
                "YINGDA_OPENAI_MODEL": MODEL,
                "YINGDA_OPENAI_API_KEY": SAMPLE_KEY,
            },
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, complaints = await asyncio.wait_for(process.communicate("你好\n".encode()), 30)
        assert server.calls["你好"] == 1
    assert complaints == b""
    assert "模型在这里作答。" in said.decode()
    assert "12 秒才答完" not in said.decode()
    assert "先想一想" not in said.decode()
