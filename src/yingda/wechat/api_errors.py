"""What an answer of WeChat's server API means: its values, or a typed refusal.

Decides by errcode alone, for the wording of errmsg changes. Pure: it reads and maps; others send,
wait and retry. Codes: the official table of return codes and the pages of the calls. An answer of
any shape ends as values or as `ApiRefused`, never as an error of the parser.
"""

import re
from collections.abc import Mapping
from typing import Final, TypeAlias

import msgspec

from yingda.errors import ApiKind, ApiRefused
from yingda.wechat.api_base import ApiAnswer
from yingda.wechat.api_mends import ADDRESS_MEND, ADVICE, FOREIGN, UNKNOWN, WRONG_SECRET, Advice

JsonObject: TypeAlias = Mapping[str, object]

#: Our choice: enough to recognise what WeChat says, too little to carry what somebody wrote.
_MESSAGE_LIMIT_CHARS: Final = 200
#: `rid: 64c8f6d1-2f3b0a1c-0d1e2f3a`, and the forum's variant with a hint in front.
_RID: Final = re.compile(r"\brid\s*:\s*([\w-]{8,64})")
#: `invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist`.
_IP: Final = re.compile(r"\bip\s+([0-9a-fA-F.:]{3,45})")
#: Access tokens have 136 characters and more, secrets 32: nothing that WeChat says is so long,
#: and an address of a caller is shorter still.
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{32,}")

_KINDS: Final[Mapping[ApiKind, tuple[int, ...]]] = {
    ApiKind.WINDOW_CLOSED: (45015,),
    ApiKind.QUOTA_USED: (45047,),
    ApiKind.NO_TYPING: (45080,),
    ApiKind.NOT_ALLOWED: (40200, 48001, 48004, 48008, 50001, 50002),
    ApiKind.NOT_FOLLOWING: (40003, 43004, 43019, 46004, 48002, 50005),
    ApiKind.TOKEN: (40001, 40014, 42001),
    ApiKind.BUSY: (-1, 45011),
    ApiKind.DAILY_LIMIT: (45009,),
    ApiKind.TOO_LONG: (45002,),
    ApiKind.CONFIGURATION: (
        *(40013, 40125, 40164, 40201, 40243),
        *(41002, 41004, 42007, 43003),
    ),
}
_BY_CODE: Final = {code: kind for kind, codes in _KINDS.items() for code in codes}
#: Not on the list, and no token yet that could be wrong: the secret is.
_WRONG_SECRET_CODE: Final = 40001
_IP_CODE: Final = 40164


class _Verdict(msgspec.Struct, frozen=True):
    errcode: int = 0
    errmsg: str | None = None


def values_of(answer: ApiAnswer, *, for_token: bool = False) -> JsonObject:
    """The answer's JSON object; a missing errcode counts as 0, which is success.

    `for_token` tells that a token was asked for. Raises `ApiRefused`.
    """
    try:
        verdict = msgspec.json.decode(answer.body, type=_Verdict, strict=False)
        if verdict.errcode == 0 and answer.status < 300:
            return msgspec.json.decode(answer.body, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise foreign(answer) from None
    if verdict.errcode == 0:
        raise foreign(answer)
    raise refusal(verdict.errcode, verdict.errmsg or "", for_token=for_token)


def refusal(code: int, message: str, *, for_token: bool = False) -> ApiRefused:
    """The meaning of a code that is not 0; `message` is WeChat's errmsg."""
    kind = _BY_CODE.get(code, ApiKind.OTHER)
    if code == _WRONG_SECRET_CODE and for_token:
        kind = ApiKind.CONFIGURATION
    ip = _found(_IP, message) if code == _IP_CODE else ""
    advice = _advice(code, kind, ip)
    return ApiRefused(
        f"{advice.said.en}; WeChat answered {code}: {_clean(message)}",
        kind=kind,
        code=code,
        rid=_found(_RID, message),
        caller_ip=ip,
        mend=advice.mend.en if advice.mend else "",
    )


def advice_for(refused: ApiRefused) -> Advice:
    """What to tell the operator of it, in both languages."""
    return _advice(refused.code, refused.kind, refused.caller_ip)


def _advice(code: int | None, kind: ApiKind, ip: str) -> Advice:
    if code is None:
        return FOREIGN
    if code == _WRONG_SECRET_CODE and kind is ApiKind.CONFIGURATION:
        return WRONG_SECRET
    said, mend = ADVICE.get(code, UNKNOWN)
    return Advice(said.filled(ip=ip), mend.filled(ip=ip) if mend else None)


def foreign(answer: ApiAnswer) -> ApiRefused:
    """An answer that is none of WeChat's, or none to what was asked."""
    kind = answer.headers.get("content-type", "").partition(";")[0][:_MESSAGE_LIMIT_CHARS]
    said = f"{FOREIGN.said.en}: status {answer.status}, {kind or 'of no type'}"
    return ApiRefused(said, mend=ADDRESS_MEND.en)


def _found(pattern: re.Pattern[str], message: str) -> str:
    match = pattern.search(message)
    return match[1] if match else ""


def _clean(message: str) -> str:
    """Foreign text, on one line, clipped, and without anything that looks like a token."""
    return " ".join(_SECRET.sub("[…]", message).split())[:_MESSAGE_LIMIT_CHARS]
