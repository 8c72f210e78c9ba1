"""`yingda demo`: the real gateway on loopback, and a simulated WeChat to talk to it.

Everything is real but the platform: signed pushes over HTTP, safe mode, SQLite, and the AI that
the environment names, else the echo provider.
"""

import asyncio
import contextlib
import dataclasses
import secrets
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from yingda.app import open_gateway
from yingda.cli.demo_chat import chat, stdin_lines
from yingda.cli.server import Server, Stop, listen
from yingda.clock import SystemClock
from yingda.config import Settings, load
from yingda.config.providers import EchoProvider
from yingda.simulator.phone import Phone
from yingda.simulator.platform import Mode, Platform, SimulatedAccount
from yingda.simulator.transport import HttpTransport
from yingda.texts import Language

_APP_ID = "wx0000000000000000"
_OPENID = "o_demo"
#: Our choice: quick enough not to bore, slow enough to be seen to stream.
_PACE = EchoProvider(first_text_s=0.4, duration_s=1.5)
#: How long a demo's running answers are waited for at its end. Our choice: nobody does.
_DRAIN_S = 0.0
#: What a demo takes over from the environment; everything else is its own.
_TAKEN_OVER = (
    "YINGDA_DIFY_",
    "YINGDA_OPENAI_",
    "YINGDA_PATIENCE",
    "YINGDA_PICKUP_WORD",
    "YINGDA_AI_LABEL",
)
#: One of these names an AI.
_NAMING = ("YINGDA_DIFY_API_KEY", "YINGDA_OPENAI_BASE_URL")


async def demo(environ: Mapping[str, str], language: Language, data_dir: Path | None) -> None:
    """Chat until the input ends. Without `data_dir` nothing is kept."""
    with contextlib.ExitStack() as stack:
        folder = data_dir or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        token, aes_key = secrets.token_hex(16), _fresh_aes_key()
        variables = _environment(environ, folder, token, aes_key, language)
        settings = _paced(load(variables, allow_samples=True))
        gateway = await open_gateway(settings, SystemClock())
        sock = listen("127.0.0.1", 0)
        server = Server(gateway, drain_s=_DRAIN_S)
        stop = Stop()
        stack.enter_context(stop.heard())
        await gateway.start()
        stop.hand_on(server.begin_stop)
        serving = asyncio.ensure_future(server.serve_on(sock))
        transport = HttpTransport(f"http://127.0.0.1:{sock.getsockname()[1]}/wechat/default")
        platform = Platform(
            SimulatedAccount(
                account_id="gh_demo",
                token=token,
                mode=Mode.SAFE,
                app_id=_APP_ID,
                encoding_aes_key=aes_key,
            ),
            transport,
            SystemClock(),
            seed=secrets.randbits(32),
        )
        talking = asyncio.ensure_future(_talk(platform, language, is_echo=_is_echo(settings)))
        try:
            await asyncio.wait({serving, talking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            talking.cancel()
            server.begin_stop()
            await asyncio.wait({serving, talking})
            await transport.aclose()
        for ended in (serving, talking):
            if not ended.cancelled():
                ended.result()


async def _talk(platform: Platform, language: Language, *, is_echo: bool) -> None:
    await chat(
        Phone(platform, _OPENID),
        lines=stdin_lines(),
        screen=sys.stdout,
        interactive=sys.stdin.isatty(),
        language=language,
        is_echo=is_echo,
    )


def _is_echo(settings: Settings) -> bool:
    return all(own.kind == "echo" for own in settings.providers.values())


def _environment(
    environ: Mapping[str, str], folder: Path, token: str, aes_key: str, language: Language
) -> dict[str, str]:
    taken = {name: value for name, value in environ.items() if name.startswith(_TAKEN_OVER)}
    own = {
        "YINGDA_WECHAT_TOKEN": token,
        "YINGDA_WECHAT_ENCODING_AES_KEY": aes_key,
        "YINGDA_WECHAT_APP_ID": _APP_ID,
        "YINGDA_DATA_DIR": str(folder),
        "YINGDA_LANGUAGE": language.value,
    }
    if not any(environ.get(name) for name in _NAMING):
        own["YINGDA_PROVIDER"] = "echo"
    return taken | own


def _paced(settings: Settings) -> Settings:
    """With an echo that takes its time, as a model would."""
    paced = {name: _PACE for name, own in settings.providers.items() if own.kind == "echo"}
    return dataclasses.replace(settings, providers={**settings.providers, **paced})


def _fresh_aes_key() -> str:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return "".join(secrets.choice(letters) for _ in range(43))
