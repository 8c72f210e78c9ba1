"""Reads every setting once, from an environment and a file that are handed in.

Either whole, frozen settings come out, or one error that lists all problems at once, each with
its key, reason and mend. Reads nothing on import, and refuses to know what settings are for.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from yingda.config.budgets import budget_warnings, price_problems
from yingda.config.checks import complete, demands
from yingda.config.fields import Reading, Refused, folded
from yingda.config.fields_database import SQLITE, DatabaseUrl
from yingda.config.nearest import closest
from yingda.config.providers import (
    PROVIDER_KINDS,
    DifyProvider,
    EchoProvider,
    OpenAiProvider,
    ProviderSettings,
)
from yingda.config.sources import Keys, Sources, gather
from yingda.config.texts import Problem, describe, preferred_language, problem
from yingda.config.values import AccountSettings, Settings
from yingda.config.wishes import wish_warnings
from yingda.errors import ConfigurationError
from yingda.texts import Language

__all__ = [
    "AccountSettings",
    "DifyProvider",
    "EchoProvider",
    "OpenAiProvider",
    "Problem",
    "ProviderSettings",
    "Settings",
    "SettingsInvalid",
    "describe",
    "load",
    "preferred_language",
    "read_database",
]

_ADAPTER: Final = TypeAdapter(Settings)
_NO_OPTIONS: Final[Mapping[str, object]] = MappingProxyType({})
_DATABASE: Final = TypeAdapter(DatabaseUrl)

#: Pydantic's type of error → our code. Source: pydantic's list of validation errors.
_CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "missing": "missing",
        "string_type": "text",
        "path_type": "text",
        "int_type": "whole_number",
        "int_parsing": "whole_number",
        "int_parsing_size": "whole_number",
        "int_from_float": "whole_number",
        "float_type": "number",
        "decimal_type": "number",
        "decimal_parsing": "number",
        "float_parsing": "number",
        "finite_number": "number",
        "greater_than_equal": "too_small",
        "less_than_equal": "too_large",
        "bool_type": "yes_or_no",
        "bool_parsing": "yes_or_no",
        "literal_error": "choice",
        "enum": "choice",
        "union_tag_not_found": "choice",
        "union_tag_invalid": "choice",
        "mapping_type": "table",
        "dict_type": "table",
        "tuple_type": "list",
        "frozen_set_type": "list",
        "unexpected_keyword_argument": "unknown_key",
    }
)


class SettingsInvalid(ConfigurationError):
    """The settings cannot be used; `problems` has every reason, the message lists them."""

    def __init__(self, problems: tuple[Problem, ...], language: Language) -> None:
        super().__init__(describe(problems, language))
        self.problems = problems


def load(
    environ: Mapping[str, str],
    *,
    config_path: Path | None = None,
    options: Mapping[str, object] = _NO_OPTIONS,
    allow_samples: bool = False,
) -> Settings:
    """The settings of this process: command line over environment over file over default.

    `options` are those of the command line, by the names of their settings; None was not given.
    `allow_samples` lets sample values pass, for a demo. Raises SettingsInvalid with every problem
    at once; its message is Chinese where the environment's locale is, and never shows a value.
    """
    sources = gather(environ, config_path, options)
    complete(sources)
    sources.warnings.extend((*budget_warnings(sources), *wish_warnings(sources)))
    settings, problems = _read(sources, Reading(environ, allow_samples))
    problems = (*sources.problems, *demands(sources), *price_problems(sources), *problems)
    # Raised outside of any handler: pydantic's error holds the values and must not be its context.
    if settings is None or problems:
        raise SettingsInvalid(problems, preferred_language(environ))
    return settings


def read_database(written: str, option: str, environ: Mapping[str, str]) -> str:
    """The database URL that an option of the command line names, read as the setting is.

    `sqlite:path` is short for `sqlite:///path`. Raises SettingsInvalid, which shows no value.
    """
    path = written.strip().removeprefix("sqlite:")
    if path != written.strip() and not path.startswith("//"):
        written = f"{SQLITE}/{path}"
    try:
        url: str = _DATABASE.validate_python(written, context=Reading(environ, allow_samples=False))
    except ValidationError as error:
        refused = [each["ctx"]["error"] for each in error.errors(include_input=False)]
    else:
        return url
    # Raised outside of the handler, as above.
    problems = tuple(problem(each.code, option, **each.values) for each in refused)
    raise SettingsInvalid(problems, preferred_language(environ))


def _read(sources: Sources, reading: Reading) -> tuple[Settings | None, tuple[Problem, ...]]:
    names = tuple(sources.accounts)
    raw = {
        **sources.process,
        "accounts": tuple({**table, "name": name} for name, table in sources.accounts.items()),
        "providers": sources.providers,
        "warnings": tuple(sources.warnings),
    }
    try:
        return _ADAPTER.validate_python(raw, context=reading), ()
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        return None, tuple(_problems(sources, names, found))


def _problems(sources: Sources, names: tuple[str, ...], errors: Any) -> Iterator[Problem]:
    """One problem for each of pydantic's errors, but for those that are reported elsewhere."""
    for error in errors:
        keys = _keys(names, error["loc"])
        is_told = keys[0] == "accounts" and keys[2:] == ("provider",)
        if not (is_told and error["type"] == "missing"):
            yield _problem(sources, keys, error)


def _keys(names: tuple[str, ...], location: tuple[int | str, ...]) -> Keys:
    """The path of keys as it is written in TOML."""
    shown: tuple[int | str, ...]
    match location:
        case ("accounts", int(index), "name"):
            shown = ("accounts", names[index])
        case ("accounts", int(index), *rest):
            shown = ("accounts", names[index], *rest)
        case ("providers", name, kind, *rest) if kind in PROVIDER_KINDS:
            shown = ("providers", name, *rest)
        case _:
            shown = location
    # An index within a list, and pydantic's mark of a mapping's key, mean the key before them.
    return tuple(key for key in shown if isinstance(key, str) and key != "[key]")


def _problem(sources: Sources, keys: Keys, error: Mapping[str, Any]) -> Problem:
    context = error.get("ctx", {})
    label = sources.label(*keys)
    refused = context.get("error")
    if isinstance(refused, Refused):
        return problem(refused.code, label, **refused.values)
    code = _CODES.get(error["type"], "unusable")
    if error["type"].startswith("union_tag"):
        return problem(code, f"{label}.kind", allowed=", ".join(PROVIDER_KINDS))
    if code == "unknown_key":
        return _unknown_key(sources, keys, label)
    return problem(
        code,
        label,
        least=_bound(context.get("ge")),
        most=_bound(context.get("le")),
        allowed=str(context.get("expected")).replace("'", "").replace(" or ", ", "),
    )


def _bound(limit: object) -> str:
    """A bound as settings write it: pydantic names some as Python does."""
    return str(limit).removeprefix("Decimal('").removesuffix("')")


def _unknown_key(sources: Sources, keys: Keys, label: str) -> Problem:
    """A key that its table does not have; other tables are checked as they are read."""
    if keys[0] == "accounts":
        known = tuple(key for key in AccountSettings.__dataclass_fields__ if key != "name")
        return problem("unknown_key", label, closest=closest(keys[-1], known))
    having = [name for name, kind in PROVIDER_KINDS.items() if keys[-1] in _fields(kind)]
    if having:
        return problem("key_of_other_kind", label, other=", ".join(having))
    own = PROVIDER_KINDS[str(folded(sources.providers[keys[1]]["kind"]))]
    return problem("unknown_key", label, closest=closest(keys[-1], _fields(own)))


def _fields(kind: type[ProviderSettings]) -> tuple[str, ...]:
    return tuple(kind.__dataclass_fields__)
