"""`yingda demo` from a pipe, as a newcomer or a script runs it."""

import asyncio
import os
import sys

import pytest

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
    assert "你问的是：「你好」" in text
    assert "暂时还看不了图片" in text
    assert "问：你好" in text
    assert "/clear：开始新的对话" in text
    assert "\x1b" not in text
