"""Where settings come from: one TOML file, then the environment, then the command line.

Puts them together into plain tables, later sources winning, and remembers how each value is
called where it was written. Knows which keys exist; does not judge what they say.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from yingda.config.nearest import closest
from yingda.config.providers import PROVIDER_KINDS
from yingda.config.texts import Problem, problem
from yingda.config.values import ACCOUNT_KEYS, CONSOLE_KEYS

#: The account that the environment speaks of.
DEFAULT_ACCOUNT: Final = "default"
PREFIX: Final = "YINGDA_"
CONFIG_VARIABLE: Final = "YINGDA_CONFIG"
CONFIG_OPTION: Final = "--config"
#: Setting → its option on the command line, where that has another name.
OPTIONS: Final[Mapping[str, str]] = MappingProxyType({"worker_concurrency": "--concurrency"})

#: TOML table → its keys, which are fields of `Settings`.
SECTIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "server": (
            "host",
            "port",
            "public_url",
            "drain_s",
            "max_open_turns",
            "max_held",
            "workers",
            "worker_concurrency",
            "log_level",
            "log_format",
        ),
        "store": ("data_dir", "database_url", "database_connections", "keep_months"),
    }
)
#: Variable → field of `Settings`.
PROCESS_VARIABLES: Final[Mapping[str, str]] = MappingProxyType(
    {f"{PREFIX}{key.upper()}": key for keys in SECTIONS.values() for key in keys}
)
#: Variable → key of the account `default`.
ACCOUNT_VARIABLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        f"{PREFIX}{'WECHAT_' if key in CONSOLE_KEYS else ''}{key.upper()}": key
        for key in ACCOUNT_KEYS
    }
)
#: Variable → key of the provider of this kind that answers for the account `default`.
DIFY_VARIABLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "YINGDA_DIFY_API_KEY": "api_key",
        "YINGDA_DIFY_BASE_URL": "base_url",
        "YINGDA_DIFY_MODE": "mode",
    }
)
OPENAI_VARIABLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "YINGDA_OPENAI_API_KEY": "api_key",
        "YINGDA_OPENAI_BASE_URL": "base_url",
        "YINGDA_OPENAI_MODEL": "model",
    }
)
#: Kind of provider → its variables. Where several kinds are spoken of, the first is meant.
PROVIDER_VARIABLES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {"dify": DIFY_VARIABLES, "openai": OPENAI_VARIABLES}
)
VARIABLES: Final = (
    CONFIG_VARIABLE,
    *PROCESS_VARIABLES,
    *ACCOUNT_VARIABLES,
    *DIFY_VARIABLES,
    *OPENAI_VARIABLES,
)
#: Kinds of provider; a name that is a kind needs no table of its own.
KINDS: Final = tuple(PROVIDER_KINDS)

Keys = tuple[str, ...]
Table = dict[str, object]

_AT_LINE = re.compile(r"at line (\d+)")


@dataclass
class Sources:
    """What was written, not yet judged: tables of keys, and what already went wrong."""

    process: Table = field(default_factory=dict)
    accounts: dict[str, Table] = field(default_factory=dict)
    providers: dict[str, Table] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    #: Path of keys → what the operator calls it, where that is not the TOML key.
    labels: dict[Keys, str] = field(default_factory=dict)

    def label(self, *keys: str) -> str:
        """What the operator calls the setting at this path."""
        return self.labels.get(keys) or ".".join(keys)


def gather(
    environ: Mapping[str, str], config_path: Path | None, options: Mapping[str, object]
) -> Sources:
    """Everything that the file, the environment and the command line set."""
    sources = Sources()
    variables = {name: value.strip() for name, value in environ.items() if name.startswith(PREFIX)}
    # An empty variable counts as unset: compose files pass those that nobody filled in.
    variables = {name: value for name, value in variables.items() if value}
    configured = variables.get(CONFIG_VARIABLE)
    if config_path is not None:
        _add_file(sources, config_path, CONFIG_OPTION)
    elif configured is not None:
        _add_file(sources, Path(configured), CONFIG_VARIABLE)
    _add_variables(sources, variables)
    for key, value in options.items():
        if value is not None:
            sources.process[key] = value
            sources.labels[key,] = OPTIONS.get(key, f"--{key}")
    return sources


def _add_file(sources: Sources, path: Path, label: str) -> None:
    document = _document(sources, path, label)
    tables = (*SECTIONS, "accounts", "providers")
    for name, table in document.items():
        if name not in tables:
            near = closest(name, tables)
            sources.problems.append(problem("unknown_key", name, closest=near))
        elif not isinstance(table, dict):
            sources.problems.append(problem("table", name))
        elif name in SECTIONS:
            _add_section(sources, name, table)
        else:
            _add_tables(sources, name, table)


def _document(sources: Sources, path: Path, label: str) -> Table:
    content = ""
    try:
        # Editors on Windows put a byte order mark first.
        content = path.read_text(encoding="utf-8-sig")
        return tomllib.loads(content)
    except UnicodeDecodeError:
        sources.problems.append(problem("not_utf8", label))
    except OSError:
        sources.problems.append(problem("file_unreadable", label))
    except tomllib.TOMLDecodeError as error:
        found = _AT_LINE.search(str(error))
        line = found[1] if found else len(content.splitlines())
        sources.problems.append(problem("toml_syntax", label, line=line))
    except ValueError:  # a path with a NUL, a number of thousands of digits
        sources.problems.append(problem("unusable", label))
    return {}


def _add_section(sources: Sources, section: str, table: Table) -> None:
    for key, value in table.items():
        label = f"{section}.{key}"
        if key in SECTIONS[section]:
            sources.process[key] = value
            sources.labels[key,] = label
        else:
            near = closest(key, SECTIONS[section])
            sources.problems.append(problem("unknown_key", label, closest=near))


def _add_tables(sources: Sources, group: str, tables: Table) -> None:
    target = sources.accounts if group == "accounts" else sources.providers
    for name, table in tables.items():
        label = f"{group}.{name}"
        if not isinstance(table, dict):
            sources.problems.append(problem("table", label))
            continue
        # A name comes from its table's heading; a key for it would be a second truth.
        if "name" in table:
            sources.problems.append(problem("unknown_key", f"{label}.name", closest=f"[{label}]"))
        target[name] = {key: value for key, value in table.items() if key != "name"}


def _add_variables(sources: Sources, variables: Mapping[str, str]) -> None:
    for variable, value in variables.items():
        if variable in PROCESS_VARIABLES:
            key = PROCESS_VARIABLES[variable]
            sources.process[key] = value
            sources.labels[key,] = variable
        elif variable not in VARIABLES:
            near = closest(variable, VARIABLES)
            sources.warnings.append(problem("unknown_variable", variable, closest=near))
    of_account = {name: value for name, value in variables.items() if name in ACCOUNT_VARIABLES}
    of_provider = {
        name: value
        for name, value in variables.items()
        if any(name in known for known in PROVIDER_VARIABLES.values())
    }
    if _speaks_of_default(sources, of_account, of_provider):
        _add_default(sources, of_account)
        _add_provider(sources, of_provider)
    else:
        unused = (*of_account, *of_provider)
        sources.warnings.extend(problem("no_effect", name) for name in unused)


def _speaks_of_default(
    sources: Sources, of_account: Mapping[str, str], of_provider: Mapping[str, str]
) -> bool:
    """Whether the environment makes or completes the account `default`."""
    if DEFAULT_ACCOUNT in sources.accounts:
        return True
    if any(name.startswith(f"{PREFIX}WECHAT_") for name in of_account):
        return True
    return not sources.accounts and bool(of_account or of_provider)


def _add_default(sources: Sources, of_account: Mapping[str, str]) -> None:
    is_new = DEFAULT_ACCOUNT not in sources.accounts
    account = sources.accounts.setdefault(DEFAULT_ACCOUNT, {})
    for variable, key in ACCOUNT_VARIABLES.items():
        if variable in of_account:
            account[key] = of_account[variable]
        if variable in of_account or is_new:
            sources.labels["accounts", DEFAULT_ACCOUNT, key] = variable


def _add_provider(sources: Sources, of_provider: Mapping[str, str]) -> None:
    """Complete the provider of `default`, or make it; a name that is a kind makes one too."""
    account = sources.accounts[DEFAULT_ACCOUNT]
    chosen = account.get("provider") or _only(sources.providers) or _spoken_of(of_provider)
    if not isinstance(chosen, str):
        return
    chosen = chosen.lower() if chosen.lower() in KINDS else chosen
    account["provider"] = chosen
    is_new = chosen not in sources.providers and chosen in KINDS
    if is_new:
        sources.providers[chosen] = {"kind": chosen}
    provider = sources.providers.get(chosen, {})
    known = PROVIDER_VARIABLES.get(str(provider.get("kind")).lower(), {})
    for variable, key in known.items():
        if variable in of_provider:
            provider[key] = of_provider[variable]
        if variable in of_provider or is_new:
            sources.labels["providers", chosen, key] = variable
    for variable in of_provider:
        if variable not in known:
            sources.warnings.append(problem("no_effect", variable))


def _spoken_of(of_provider: Mapping[str, str]) -> str | None:
    """The kind of provider that the environment sets anything for."""
    for kind, variables in PROVIDER_VARIABLES.items():
        if any(name in of_provider for name in variables):
            return kind
    return None


def _only(providers: Mapping[str, Table]) -> str | None:
    return next(iter(providers)) if len(providers) == 1 else None
