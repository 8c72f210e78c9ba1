"""The real process over real sockets: a few seconds each, for what only they can show."""

import asyncio
import signal
import time
from pathlib import Path

import aiohttp
import pytest

from support.process import TOKEN, Process, phone_at, serving
from yingda.clock import SystemClock
from yingda.simulator.dify_script import DifyScript
from yingda.simulator.dify_server import DifyServer
from yingda.web.bodies import BODY_LIMIT_S
from yingda.wechat.signature import sign

pytestmark = pytest.mark.realtime

KEY = "app-0123456789abcdefghijklmn"


def dify_variables(dify: DifyServer) -> dict[str, str]:
    return {
        "YINGDA_PROVIDER": "dify",
        "YINGDA_DIFY_API_KEY": dify.api_key,
        "YINGDA_DIFY_BASE_URL": dify.base_url,
    }


async def test_a_question_in_safe_mode_is_answered_by_dify_over_real_http(tmp_path: Path) -> None:
    async with DifyServer(SystemClock(), api_key=KEY) as dify:
        dify.on("天空为什么蓝？", DifyScript(text="因为**瑞利散射**。"))
        async with (
            serving(tmp_path, **dify_variables(dify)) as (process, address),
            phone_at(address) as phone,
        ):
            assert await phone.platform.handshake()
            seen = await phone.say("天空为什么蓝？")
            assert "因为瑞利散射。" in seen.text
            assert seen.deciding.verdict.clear.startswith(b"<xml>")
            assert await process.end(signal.SIGTERM) == 0
        assert dify.calls["天空为什么蓝？"] == 1
        entry = next(entry for entry in process.log if entry["event"] == "turn_ended")
        assert entry["state"] == "answered"
        assert "天空" not in str(process.log)
        assert KEY not in str(process.log)


async def test_an_answer_after_seven_seconds_reaches_the_second_attempt(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, address), phone_at(address) as phone:
        seen = await phone.say("慢 7")
        assert "慢 7" in seen.text
        assert len(seen.attempts) == 2
        assert seen.delay_s == pytest.approx(7.0, abs=0.4)


async def test_after_kill_9_the_answer_that_dify_kept_is_picked_up_and_not_asked_again(
    tmp_path: Path,
) -> None:
    async with DifyServer(SystemClock(), api_key=KEY) as dify:
        dify.on("问", DifyScript(text="一直留在那里的回答。", first_s=0.2, gap_s=0.4))
        async with serving(tmp_path, **dify_variables(dify)) as (process, address):
            async with phone_at(address) as phone:
                asking = asyncio.create_task(phone.say("问"))
                await asyncio.sleep(1.0)
                assert dify.calls["问"] == 1
                await process.end(signal.SIGKILL)
                await asking
            async with phone_at(await process.start()) as phone:
                seen = await phone.say("1")
            assert "一直留在那里的回答。" in seen.text
        assert dify.calls["问"] == 1


async def test_sigterm_lets_a_running_answer_end_and_takes_pushes_meanwhile(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path) as (process, address), phone_at(address) as phone:
        asking = asyncio.create_task(phone.say("慢 3"))
        await asyncio.sleep(0.5)
        ending = asyncio.create_task(process.end(signal.SIGTERM))
        await asyncio.sleep(0.2)
        async with phone_at(address, "o_other") as other:
            helped = await other.say("/help")
        assert "/clear" in helped.text
        seen = await asking
        assert "慢 3" in seen.text
        assert await ending == 0


async def test_health_is_told_and_forged_requests_are_refused(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, address), aiohttp.ClientSession() as client:
        for path, status in (("/healthz", 200), ("/readyz", 200), ("/wechat/nobody", 404)):
            async with client.get(address + path) as answer:
                assert answer.status == status
        async with client.post(f"{address}/wechat/default", data=b"<xml/>") as answer:
            assert answer.status == 403


async def test_a_signed_body_that_only_trickles_in_loses_its_connection(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, address):
        timestamp = str(int(time.time()))
        query = f"signature={sign(TOKEN, timestamp, 'n')}&timestamp={timestamp}&nonce=n"
        reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
        head = f"POST /wechat/default?{query} HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n"
        writer.write(head.encode() + b"<xml>")
        await writer.drain()
        started_s = time.monotonic()
        answer = await asyncio.wait_for(reader.read(), 10)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - started_s == pytest.approx(BODY_LIMIT_S, abs=1)
        writer.close()


async def test_a_second_process_on_the_same_data_is_told_so(tmp_path: Path) -> None:
    async with serving(tmp_path) as (process, _):
        second = Process(tmp_path, process._variables)
        with pytest.raises(RuntimeError, match="another yingda process"):
            await second.start()


async def test_every_problem_of_the_settings_is_told_at_once(tmp_path: Path) -> None:
    process = Process(tmp_path, {"YINGDA_WECHAT_TOKEN": "!", "YINGDA_PATIENCE": "-1"})
    with pytest.raises(RuntimeError) as caught:
        await process.start()
    assert "YINGDA_WECHAT_TOKEN" in str(caught.value)
    assert "YINGDA_PATIENCE" in str(caught.value)
    assert await process.ended() == 78


async def test_the_handshake_is_answered_within_seconds_of_the_start(tmp_path: Path) -> None:
    """The bar of one second is the benches' business; here a loaded machine may be slow."""
    started_s = time.monotonic()
    async with serving(tmp_path) as (_, address), phone_at(address) as phone:
        assert await phone.platform.handshake()
        assert time.monotonic() - started_s < 10
