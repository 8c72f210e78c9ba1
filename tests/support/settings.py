"""Settings that are right, so that a test names only what matters to it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from yingda.config import Problem, Settings, SettingsInvalid, load

TOKEN = "k3Rm9tQ2"
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
OLD_AES_KEY = "pQ4Vb8Zs1Xc7Ld0Kf6Hg3Jt9Rw2Ny5Mu8Ea1Ti4Yo7B"
APP_ID = "wx5823bf96d3bd56c7"
APP_SECRET = "9c3f1e7ab26d4805"
API_KEY = "app-Zq8Lk2Vt6Ws0"

LEAST = {"YINGDA_WECHAT_TOKEN": TOKEN, "YINGDA_DIFY_API_KEY": API_KEY}

LEAST_FILE = f"""
[accounts.shop]
token = "{TOKEN}"
provider = "assistant"

[providers.assistant]
kind = "dify"
api_key = "{API_KEY}"
"""


def written(folder: Path, text: str) -> Path:
    """A configuration file with this text."""
    path = folder / "yingda.toml"
    path.write_text(text, encoding="utf-8")
    return path


def from_file(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> Settings:
    """What a file with this text sets."""
    return load(environ or {}, config_path=written(folder, text))


def problems_of(
    environ: Mapping[str, str], *, config_path: Path | None = None
) -> tuple[Problem, ...]:
    """Every problem of these settings, which have some."""
    with pytest.raises(SettingsInvalid) as caught:
        load(environ, config_path=config_path)
    return caught.value.problems


def reasons_of(environ: Mapping[str, str], *, config_path: Path | None = None) -> dict[str, str]:
    """Key → reason in English."""
    problems = problems_of(environ, config_path=config_path)
    return {each.key: each.reason.en for each in problems}
