"""Everything that can go wrong, in one tree.

    YingdaError
    ├── ConfigurationError          the operator's settings cannot be used
    ├── RequestRejected             a request that gets a 4xx and costs nothing
    │   ├── SignatureMismatch       403  unsigned or forged
    │   ├── StaleRequest            403  signed, but too long ago (or a clock is off)
    │   ├── PlainBodyRefused        403  a key is set, the body is not encrypted
    │   ├── EnvelopeInvalid         403  the encrypted body does not verify or open
    │   ├── BodyTooLarge            413
    │   ├── BodyTooSlow             408  it did not come whole in time
    │   └── BodyMalformed           400  neither the XML nor the JSON of a push
    ├── StoreError                  the store cannot keep what it is asked to keep
    │   └── StoreAway               its server cannot be reached just now
    ├── WechatApiError              WeChat's server API did not do what was asked
    │   ├── ApiRefused              it answered with an error; `kind` says what to do about it
    │   ├── ApiUnreachable          no connection, or no answer where asking again is harmless
    │   └── SendInDoubt             a message went out, and nobody knows whether it arrived
    ├── MediaError                  a picture or a recording cannot be had, or not be read
    │   ├── MediaRefused            its address leads where nobody may send us
    │   ├── MediaTooLarge           it has too many bytes, pixels or seconds
    │   ├── MediaMissing            its server says that there is no such file, or not for us
    │   ├── MediaUnavailable        no connection, a server error, or not in time
    │   └── MediaUnreadable         it is none of the kinds we read, or broken
    └── ProviderError               an AI back end did not bring a whole answer
        ├── ProviderBusy            too many runs at once; passes by itself
        ├── QuotaExhausted          the plan or the model's quota is used up
        ├── ProviderTimeout         one of our deadlines passed
        ├── ProviderUnavailable     no connection, or a server error
        ├── ProviderMisconfigured   key, address, app or model set-up is wrong
        ├── ContentRefused          the provider or its moderation refused the content
        ├── ConversationGone        the provider no longer knows the conversation
        ├── AnswerIncomplete        the stream broke off before its end
        ├── AnswerEmpty             the run ended well and said nothing
        ├── NeedsPerson             the app waits for a person to act
        ├── PictureUnusable         a picture cannot be had, or not be looked at
        └── VoiceUnusable           a recording cannot be had, or not be understood

A class states whose fault it is and whether the same request may succeed later. A follower never
reads an error's message: the sentence for each `FailureKind` lives in `sentences`.
"""

from yingda.errors.base import (
    BodyMalformed,
    BodyTooLarge,
    BodyTooSlow,
    ConfigurationError,
    EnvelopeInvalid,
    FailureKind,
    Fault,
    PlainBodyRefused,
    RequestRejected,
    SignatureMismatch,
    StaleRequest,
    StoreAway,
    StoreError,
    YingdaError,
)
from yingda.errors.media import (
    MediaError,
    MediaMissing,
    MediaRefused,
    MediaTooLarge,
    MediaUnavailable,
    MediaUnreadable,
)
from yingda.errors.providers import (
    AnswerEmpty,
    AnswerIncomplete,
    ContentRefused,
    ConversationGone,
    NeedsPerson,
    PictureUnusable,
    ProviderBusy,
    ProviderError,
    ProviderMisconfigured,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaExhausted,
    VoiceUnusable,
)
from yingda.errors.wechat_api import (
    ApiKind,
    ApiRefused,
    ApiUnreachable,
    SendInDoubt,
    WechatApiError,
)

__all__ = [
    "AnswerEmpty",
    "AnswerIncomplete",
    "ApiKind",
    "ApiRefused",
    "ApiUnreachable",
    "BodyMalformed",
    "BodyTooLarge",
    "BodyTooSlow",
    "ConfigurationError",
    "ContentRefused",
    "ConversationGone",
    "EnvelopeInvalid",
    "FailureKind",
    "Fault",
    "MediaError",
    "MediaMissing",
    "MediaRefused",
    "MediaTooLarge",
    "MediaUnavailable",
    "MediaUnreadable",
    "NeedsPerson",
    "PictureUnusable",
    "PlainBodyRefused",
    "ProviderBusy",
    "ProviderError",
    "ProviderMisconfigured",
    "ProviderTimeout",
    "ProviderUnavailable",
    "QuotaExhausted",
    "RequestRejected",
    "SendInDoubt",
    "SignatureMismatch",
    "StaleRequest",
    "StoreAway",
    "StoreError",
    "VoiceUnusable",
    "WechatApiError",
    "YingdaError",
]
