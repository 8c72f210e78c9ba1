"""What the error codes of OpenAI and of those who call themselves compatible mean.

A table and nothing more: a code's kind, and what the operator can do about it. A code is compared
without case, dots, dashes and underscores, for one vendor spells the same code in several ways.
Sources: the pages on errors of OpenAI, DeepSeek, Alibaba Model Studio, Moonshot, Zhipu
BigModel, SiliconFlow, Volcengine Ark, Qianfan and OpenRouter; One API's and llama.cpp's code.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from yingda.errors import (
    ContentRefused,
    PictureUnusable,
    ProviderBusy,
    ProviderError,
    ProviderMisconfigured,
    ProviderUnavailable,
    QuotaExhausted,
)


class Meaning(msgspec.Struct, frozen=True):
    """What a refusal is, and whether the same request may be sent again."""

    kind: type[ProviderError]
    mend: str
    repeatable: bool = False


KEY: Final = Meaning(
    ProviderMisconfigured,
    "Check `api_key` and `base_url`: the key is wrong, expired, or of another vendor or region.",
)
FORBIDDEN: Final = Meaning(
    ProviderMisconfigured,
    "The key may not use this model: open it in the vendor's console (some ask for a verified "
    "identity), or check the list of allowed addresses.",
)
QUOTA: Final = Meaning(
    QuotaExhausted, "Top up the vendor's account, or raise the key's or the plan's limit."
)
BUSY: Final = Meaning(
    ProviderBusy,
    "Lower `concurrency`, or raise the vendor's limit of requests and tokens per minute.",
    repeatable=True,
)
REFUSED: Final = Meaning(
    ContentRefused, "The vendor's moderation refused the question or the answer."
)
TOO_LONG: Final = Meaning(
    ProviderMisconfigured,
    "The request is longer than the model's context: lower `memory_tokens`, shorten "
    "`system_prompt`, lower `max_tokens`, or choose a model with more context.",
)
MODEL: Final = Meaning(
    ProviderMisconfigured,
    "Check `model`: the server does not know it, or does not offer it to this key.",
)
PICTURE: Final = Meaning(
    PictureUnusable, "If the model takes no pictures, set `vision = false` or another model."
)
FAILED: Final = Meaning(
    ProviderUnavailable, "Look at the server, or at the vendor's status page.", repeatable=True
)
REQUEST: Final = Meaning(
    ProviderMisconfigured,
    "The server does not take the request: check `model`, `temperature`, `max_tokens` and "
    "`extra_body`.",
)
ADDRESS: Final = Meaning(
    ProviderMisconfigured,
    "Check `base_url`: it is what stands before /chat/completions, mostly with a version such as "
    "/v1.",
)

_WORDS: Final[Mapping[Meaning, str]] = {
    KEY: "invalidapikey incorrectapikeyerror invalidauthenticationerror invalidauthentication "
    "authenticationerror authenticationfailed unauthorized 1000 1001 1002 1003 1004",
    FORBIDDEN: "permissiondenied permissiondeniederror permissionerror accessdenied "
    "accessdeniedunpurchased 1110 1111 1112 1121 1220 1221",
    QUOTA: "insufficientquota insufficientbalance exceededcurrentquotaerror arrearage 1113 30001 "
    "insufficientuserquota preconsumetokenquotafailed billinghardlimitreached billingnotactive "
    "accountoverdueerror quotaexceeded allocationquotafreetieronly insufficientcredits 1304 1308 "
    "1309 1310 quoteexceeded",
    BUSY: "ratelimitexceeded ratelimitreachederror ratelimiterror engineoverloadederror "
    "overloadederror limitburstrate limitrequests serveroverloaded toomanyrequests ratelimit "
    "1302 1303 1305 rpmratelimitexceeded tpmratelimitexceeded slowdown 50505",
    REFUSED: "contentfilter contentpolicyviolation datainspectionfailed 1301 promptblocked "
    "sensitivewordsdetected responsibleaipolicyviolation moderationblocked unsaferequest "
    "safetycheckfailed inputtextsensitivecontentdetected outputtextsensitivecontentdetected "
    "inputimagesensitivecontentdetected sensitivecontentdetected",
    TOO_LONG: "contextlengthexceeded contextwindowexceeded stringabovemaxlength 1261 "
    "exceedcontextsizeerror tokenstoolong characterstoolong",
    MODEL: "modelnotfound modelnotexist modeldoesnotexist modelnotsupported 1211 20012 "
    "invalidmodel invalidendpointormodelnotfound modelnotopen modelnotavailable",
    PICTURE: "invalidimage invalidimageformat invalidimageurl invalidbase64image imageparseerror "
    "imagetoolarge imagetoosmall unsupportedimagemediatype",
    FAILED: "internalservererror internalerror serviceunavailable modelunavailable "
    "getchannelfailed dorequestfailed badresponsestatuscode modelservicefailed",
}
BY_WORD: Final[Mapping[str, Meaning]] = {
    word: meaning for meaning, words in _WORDS.items() for word in words.split()
}
#: Alibaba's family of codes: `Throttling`, `Throttling.RateQuota` and more.
_BUSY_FAMILY = "throttling"
#: Where vendors give no code of its own for it, their own words, as the pages above and the
#: servers' code have them; the first that fits counts.
_SAYINGS: Final = (
    (re.compile(r"(?i)content exists risk|sensitive words|flagged|不安全或敏感内容"), REFUSED),
    (re.compile(r"(?i)insufficient (?:account )?(?:balance|credit)|余额不足|欠费"), QUOTA),
    (
        re.compile(
            r"(?i)context (?:length|size|window)|exceeded model token limit"
            r"|token length too long|range of input length|prompt is too long"
            r"|input is too long|maximum input length"
        ),
        TOO_LONG,
    ),
    (
        re.compile(
            r"(?i)(?:not|n't) (?:support|accept|a) [^.]{0,40}(?:image|multimodal|vision)"
            r"|image input|image_url|unknown variant `image|invalid image|not a multimodal"
        ),
        PICTURE,
    ),
    (
        re.compile(
            r"(?i)model\b.{0,120}(?:not found|does ?n[o']t exist|not exist)|invalid model"
            r"|no endpoints found"
        ),
        MODEL,
    ),
)

_PLAIN = re.compile(r"[^0-9a-z]")


def by_word(word: str) -> Meaning | None:
    """The meaning of a code or a type; None when it says nothing of its own."""
    plain = _PLAIN.sub("", word.lower())
    if plain.startswith(_BUSY_FAMILY):
        return BUSY
    return BY_WORD.get(plain)


def by_saying(message: str) -> Meaning | None:
    """The meaning of a message whose code says nothing."""
    return next((meaning for pattern, meaning in _SAYINGS if pattern.search(message)), None)
