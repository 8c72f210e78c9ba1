"""What an account wishes for that none of its providers can do, so that nothing would come of it.

Checked on the tables as they were written, like `checks`. Knows which settings make a kind of
provider listen, speak or suggest; refuses to know how it does.
"""

from collections.abc import Iterator
from typing import Final

from yingda.config.routing import asked_by
from yingda.config.sources import Sources, Table
from yingda.config.texts import Problem, problem

#: The kind whose apps have switches of their own for all of it, which only they know.
_KNOWS_ITSELF: Final = "dify"
_LISTENS: Final = "transcription_model"
_SPEAKS: Final = "speech_model"
#: How settings say no (pydantic's list for a bool).
_NO: Final = frozenset({"false", "0", "off", "no", "f", "n"})


def wish_warnings(sources: Sources) -> Iterator[Problem]:
    """Every such wish of every account."""
    for name, account in sources.accounts.items():
        yield from _named(sources, name, account)
        yield from _voice_answers(sources, name, account)
        yield from _suggestions(sources, name, account)


def _named(sources: Sources, name: str, account: Table) -> Iterator[Problem]:
    for key, needed in (("transcriber", _LISTENS), ("speaker", _SPEAKS)):
        table = sources.providers.get(str(account.get(key)).strip())
        if table is not None and not _is_able(table, needed):
            yield problem("provider_unable", sources.label("accounts", name, key), other=needed)


def _voice_answers(sources: Sources, name: str, account: Table) -> Iterator[Problem]:
    if _word(account.get("voice_answers")) != "voice":
        return
    label = sources.label("accounts", name, "voice_answers")
    is_passive = _word(account.get("mode")) == "passive"
    if is_passive or not {"app_id", "app_secret"} <= account.keys():
        yield problem("voice_answers_without_push", label)
    elif "speaker" not in account and not _somebody(sources, account, _SPEAKS):
        yield problem("nobody_speaks", label, other=_SPEAKS)


def _suggestions(sources: Sources, name: str, account: Table) -> Iterator[Problem]:
    is_wished = "suggestions" in account and _word(account["suggestions"]) not in _NO
    if is_wished and not _somebody(sources, account, None):
        yield problem("nobody_suggests", sources.label("accounts", name, "suggestions"))


def _somebody(sources: Sources, account: Table, needed: str | None) -> bool:
    tables = [sources.providers.get(name) for name in asked_by(sources, account)]
    return any(_is_able(table, needed) for table in tables if table is not None)


def _is_able(table: Table, needed: str | None) -> bool:
    return _word(table.get("kind")) == _KNOWS_ITSELF or needed in table


def _word(value: object) -> str:
    return str(value).strip().lower()
