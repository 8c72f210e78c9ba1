"""How one setting's value is read: blanks, references, samples and formats.

Each function takes what was written and returns what is meant, or raises `Refused` with the code
of a sentence in `config.texts`. Knows no setting by name. The only I/O is reading a `file:`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from yingda.texts import SENTENCES, Flaw, flaw, limit_bytes, placeholders
from yingda.wechat.limits import AES_KEY_CHARS, AES_KEY_FORMAT, TOKEN_FORMAT
from yingda.words import Command

#: Characters of an account's or a provider's name. Our choice: it stands in addresses and logs.
NAME_LIMIT_CHARS: Final = 32
NAME_FORMAT: Final = re.compile(rf"[a-z0-9_-]{{1,{NAME_LIMIT_CHARS}}}")
#: Characters of the pickup word. Our choice: it is typed on a phone and stands in every part.
PICKUP_WORD_LIMIT_CHARS: Final = 8
#: Characters read of a secret's file. Our choice: keys have at most a few hundred.
SECRET_LIMIT_CHARS: Final = 4096

_HOST = re.compile(r"[0-9A-Za-z.:_%-]{1,253}")
#: What templates and tutorials put where a secret belongs, after case folding.
_SAMPLES = re.compile(
    r"<.*>|\{.*\}|\[.*\]"
    r"|(?:app-|sk-|wx)?(.)\1{2,}"
    r"|.*(?:x{6,}|\.{3}|…).*"
    r"|app-(?:your|key|api|token).*"
    r"|your[-_ ]?(?:own|token|api|app|key|secret|id|wechat|weixin|dify|aes|encoding).*"
    r"|change[-_ ]?(?:me|it|this).*|replace[-_ ]?(?:me|with|this).*"
    r"|token|secret|key|password|todo|tbd|fixme|example|sample|placeholder|none|null"
    r"|你的.*|请.*|填.*|.*示例.*"
)


class Refused(ValueError):
    """A value cannot be used; `code` names the sentence, `values` fill its placeholders."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


@dataclass(frozen=True)
class Reading:
    """What the reading of one value may look at; holds every secret, so it shows nothing."""

    environ: Mapping[str, str] = field(repr=False)
    allow_samples: bool


def text(value: object) -> object:
    """Text without the blanks around it; anything else is left for the type to refuse."""
    if not isinstance(value, str):
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Refused("not_utf8") from None
    return value.strip()


def line(value: str) -> str:
    """Text that is there and stands on one line."""
    if not value:
        raise Refused("empty")
    if not value.isprintable():
        raise Refused("one_line")
    return value


def no_bool(value: object) -> object:
    """Refuse true and false where a number belongs; they would count as 1 and 0."""
    if isinstance(value, bool):
        raise Refused("number")
    return text(value)


def folded(value: object) -> object:
    """A word from a list of choices: case makes no difference."""
    value = text(value)
    return value.lower() if isinstance(value, str) else value


def patience(value: object) -> object:
    """`unlimited` as None."""
    value = folded(no_bool(value))
    return None if value == "unlimited" else value


def automatic(value: object) -> object:
    """`auto` as None."""
    value = folded(value)
    return None if value == "auto" else value


def secret(value: object, info: ValidationInfo) -> object:
    """The secret itself, also where `file:` or `env:` refers to it; no sample, no blanks."""
    reading = info.context
    if not isinstance(value, str) or not isinstance(reading, Reading):
        return value
    found = text(resolved(value.strip(), reading.environ))
    if not isinstance(found, str) or not found:
        raise Refused("empty")
    if not reading.allow_samples and _SAMPLES.fullmatch(found.casefold()):
        raise Refused("sample")
    if not found.isprintable() or any(map(str.isspace, found)):
        raise Refused("blank_inside")
    if not found.isascii():
        raise Refused("not_ascii")
    return found


def resolved(value: str, environ: Mapping[str, str], limit_chars: int = SECRET_LIMIT_CHARS) -> str:
    """The value itself, or what `env:` or `file:` refers to."""
    scheme, colon, target = value.partition(":")
    if not colon:
        return value
    if scheme == "env":
        if target.strip() not in environ:
            raise Refused("reference_missing")
        return environ[target.strip()]
    return _content(target.strip(), limit_chars) if scheme == "file" else value


def _content(path: str, limit_chars: int) -> str:
    try:
        with Path(path).open(encoding="utf-8-sig") as file:
            content = file.read(limit_chars + 1)
    except UnicodeDecodeError:
        raise Refused("not_utf8") from None
    except (OSError, ValueError):
        raise Refused("reference_unreadable") from None
    if len(content) > limit_chars:
        raise Refused("reference_too_long", most=limit_chars)
    return content


def token(value: str) -> str:
    """A token as the platform accepts it."""
    if TOKEN_FORMAT.fullmatch(value) is None:
        raise Refused("token_format")
    return value


def aes_key(value: str) -> str:
    """An EncodingAESKey as the platform issues it."""
    if AES_KEY_FORMAT.fullmatch(value) is None:
        raise Refused("aes_key_format", most=AES_KEY_CHARS)
    return value


def name(value: str) -> str:
    """A name that may stand in an address."""
    if NAME_FORMAT.fullmatch(value) is None:
        raise Refused("name_format", most=NAME_LIMIT_CHARS)
    return value


def host(value: str) -> str:
    """A host name or an IP address, to listen at."""
    if _HOST.fullmatch(value) is None:
        raise Refused("host")
    return value


def url(value: str) -> str:
    """An http(s) address without login, query, fragment and the slash at its end."""
    try:
        parts = urlsplit(value)
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        raise Refused("url") from None
    is_whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and has_port
    if not is_whole or any(mark in value for mark in "?#@") or any(map(str.isspace, value)):
        raise Refused("url")
    return value.rstrip("/")


def path(value: object) -> object:
    """A path; a tilde is refused, for only a shell would have expanded it."""
    value = text(value)
    if not isinstance(value, str):
        return value
    if value.startswith("~"):
        raise Refused("home_directory")
    return line(value)


def pickup_word(value: str) -> str:
    """A word that a follower can type and that cannot be taken for a command."""
    has_marks = "#" in value or any(map(str.isspace, value)) or value.startswith(("/", "／"))
    if has_marks or len(value) > PICKUP_WORD_LIMIT_CHARS:
        raise Refused("pickup_word", most=PICKUP_WORD_LIMIT_CHARS)
    return value


def sentence_refusal(key: str, template: str) -> Refused | None:
    """Why an operator's own sentence cannot be used; None when it can."""
    match flaw(key, template):
        case None:
            return None
        case Flaw.UNKNOWN:
            return Refused("text_unknown")
        case Flaw.EMPTY:
            return Refused("empty")
        case Flaw.TOO_LONG:
            return Refused("text_too_long", most=limit_bytes(key))
        case Flaw.PLACEHOLDERS:
            allowed = ", ".join(f"{{{each}}}" for each in sorted(placeholders(SENTENCES[key].zh)))
            return Refused("text_placeholders", allowed=allowed or "—")


def time_zone(value: str) -> str:
    """A name of the IANA time zone database."""
    try:
        ZoneInfo(value)
    # A folder of zones, such as `Asia`, is an OSError on some systems.
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused("time_zone") from None
    return value


def frozen(value: Mapping[str, object]) -> Mapping[str, object]:
    """The mapping as nobody can change it."""
    return MappingProxyType(dict(value))


Line = Annotated[str, BeforeValidator(text), AfterValidator(line)]
Name = Annotated[Line, AfterValidator(name)]
Host = Annotated[Line, AfterValidator(host)]
Url = Annotated[Line, AfterValidator(url)]
DirectoryPath = Annotated[Path, BeforeValidator(path)]
Secret = Annotated[str, BeforeValidator(secret)]
Token = Annotated[Secret, AfterValidator(token)]
AesKeyText = Annotated[Secret, AfterValidator(aes_key)]
PickupWord = Annotated[Line, AfterValidator(pickup_word)]
WholeNumber = Annotated[int, BeforeValidator(no_bool)]
Automatic = Annotated[bool | None, BeforeValidator(automatic)]
Patience = Annotated[Annotated[int, Field(ge=0)] | None, BeforeValidator(patience)]
TimeZone = Annotated[Line, AfterValidator(time_zone)]
Seconds = Annotated[float, BeforeValidator(no_bool), Field(allow_inf_nan=False)]
Words = Annotated[Mapping[str, str], AfterValidator(frozen)]
CommandNames = tuple[Annotated[Command, BeforeValidator(folded)], ...]
CommandWords = Annotated[Mapping[str, tuple[Line, ...]], AfterValidator(frozen)]
