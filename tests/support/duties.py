"""An account's other duties as an operator writes them."""

from pathlib import Path

from support.settings import TOKEN
from yingda.config import load
from yingda.engine.accounts.duties import Duties
from yingda.wiring import duties_of

HEAD = f"""
[accounts.default]
token = "{TOKEN}"
provider = "echo"
"""


def duties(folder: Path, text: str) -> Duties:
    """The duties of the account `default` in a file with this text."""
    path = folder / "duties.toml"
    path.write_text(HEAD + text, encoding="utf-8")
    (account,) = load({}, config_path=path).accounts
    return duties_of(account)
