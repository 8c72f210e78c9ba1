"""Where the database is, as a setting. Knows how a URL of each kind is written, and opens none."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

from yingda.config.fields import Reading, Refused, line, resolved, text

#: What a URL of each kind begins with. The second are libpq's own; official page:
#: postgresql.org/docs/current/libpq-connect.html.
SQLITE = "sqlite://"
POSTGRES = ("postgresql://", "postgres://")


def database_reference(value: object, info: ValidationInfo) -> object:
    """The URL itself, also where `file:` or `env:` refers to it: it may hold a password."""
    value, reading = text(value), info.context
    if not isinstance(value, str) or not isinstance(reading, Reading):
        return value
    return resolved(value, reading.environ).strip()


def database_url(value: str) -> str:
    """`sqlite:///path` or `postgresql://…`.

    A database in memory would lose accepted questions, so it is refused.
    """
    if value.startswith(POSTGRES):
        return _postgres_url(value)
    if not value.startswith(SQLITE):
        raise Refused("database_kind")
    rest = value.removeprefix(SQLITE)
    file = rest.removeprefix("/")
    if file == rest or not file.strip("/") or file.startswith(":memory:") or "?" in file:
        raise Refused("database_path")
    return value


def _postgres_url(value: str) -> str:
    try:
        parts = urlsplit(value)
    except ValueError:
        raise Refused("database_address") from None
    # What stands behind a `#`, `?` or `/` of a password would be cut off, or taken for the path.
    is_whole = bool(parts.path.strip("/")) and not parts.fragment and "@" not in parts.path
    if not is_whole or not _has_ports(parts.netloc) or any(map(str.isspace, value)):
        raise Refused("database_address")
    return value


def _has_ports(netloc: str) -> bool:
    """Whether what stands as a port is one; libpq takes several hosts, with a comma between."""
    hosts = netloc.rpartition("@")[2].split(",")
    # The colons of an IPv6 address stand in brackets.
    ports = (host.rpartition("]")[2].rpartition(":")[2] for host in hosts if ":" in host)
    return all(not port or port.isdecimal() for port in ports)


def sqlite_path(url: str) -> Path | None:
    """The file that a URL names; None for one of PostgreSQL."""
    return Path(url.removeprefix(f"{SQLITE}/")) if url.startswith(SQLITE) else None


def shown_database(url: str) -> str:
    """What the database of a URL is called in logs: no user, no password, no option."""
    path = sqlite_path(url)
    if path is not None:
        return str(path)
    parts = urlsplit(url)
    return f"postgresql://{parts.netloc.rpartition('@')[2]}{parts.path}"


DatabaseUrl = Annotated[
    str, BeforeValidator(database_reference), AfterValidator(line), AfterValidator(database_url)
]
