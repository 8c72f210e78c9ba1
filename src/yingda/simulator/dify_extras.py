"""What the simulated Dify does besides running: files, speech, suggestions, ratings.

Keeps what was uploaded and said, refuses as Dify refuses, and hears and reads what it is told to.
Shapes and refusals after the Dify service API reference, "Files and audio" and "Conversations and
messages".
"""

import io
import uuid
import wave
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import msgspec
from aiohttp import web

from yingda.simulator.dify_records import KeptMessage
from yingda.simulator.dify_refusals import refusal
from yingda.simulator.dify_script import MEMORYLESS, AppMode

#: Dify service API: the most that a picture and a recording may have, by default.
PICTURE_LIMIT_BYTES: Final = 10 * 1024 * 1024
RECORDING_LIMIT_BYTES: Final = 30 * 1024 * 1024
#: More than any of them, so that the refusal is Dify's own.
REQUEST_LIMIT_BYTES: Final = 40 * 1024 * 1024
_HEARD: Final = frozenset({"audio/mp3", "audio/m4a", "audio/wav", "audio/amr", "audio/mpga"})
#: What `GET /parameters` tells unless a test puts something else over it.
_PARAMETERS: Final[dict[str, object]] = {
    "opening_statement": "",
    "suggested_questions": [],
    "user_input_form": [],
    "file_upload": {
        "image": {
            "enabled": True,
            "number_limits": 3,
            "detail": "high",
            "transfer_methods": ["remote_url", "local_file"],
        }
    },
    "speech_to_text": {"enabled": True},
    "text_to_speech": {"enabled": True, "voice": "alloy", "language": "zh-Hans"},
    "suggested_questions_after_answer": {"enabled": True},
}

_Handler = Callable[[web.Request], Awaitable[web.Response]]


class Upload(msgspec.Struct, frozen=True):
    """A file as it came."""

    user: str
    name: str
    content_type: str
    content: bytes


class DifyExtras:
    """State and handlers of one app.

    `introduction` gives what `GET /parameters` tells besides just now, `messages` are the answers
    that were given so far.
    """

    def __init__(
        self,
        mode: AppMode,
        introduction: Callable[[], Mapping[str, object]],
        messages: Sequence[KeptMessage],
    ) -> None:
        self._introduction = introduction
        self._messages = messages
        self._chats = mode not in MEMORYLESS
        self.uploads: dict[str, Upload] = {}
        self.recordings: list[Upload] = []
        #: What every recording says.
        self.heard = "模拟的应用听到了这句话。"
        #: Text and voice of every reading aloud.
        self.spoken: list[tuple[str, str]] = []
        #: What a reading aloud brings; a second of silence unless a test says otherwise.
        self.speech = silence(1.0)
        self.speech_type = "audio/wav"
        self.suggestions: list[str] = ["还有呢？", "能举个例子吗？", "为什么？"]
        #: Message id → rating.
        self.ratings: dict[str, str] = {}
        #: Path → statuses and codes that calls are refused with, each once, before one is served;
        #: without a code it is a page of the proxy in front.
        self.refusals: dict[str, list[tuple[int, str]]] = {}

    def routes(self) -> list[web.RouteDef]:
        """The calls that are served here."""
        return [
            web.get("/v1/parameters", self._tell_parameters),
            web.post("/v1/files/upload", self._refusable(self._upload)),
            web.post("/v1/audio-to-text", self._refusable(self._hear)),
            web.post("/v1/text-to-audio", self._refusable(self._read_aloud)),
            web.get("/v1/messages/{id}/suggested", self._refusable(self._suggest)),
            web.post("/v1/messages/{id}/feedbacks", self._refusable(self._rate)),
        ]

    def refuses_files(self, values: Mapping[str, object]) -> web.Response | None:
        """The refusal of a run that names files which are not this user's."""
        named = [_ids_in(values.get("files"))]
        inputs = values.get("inputs")
        if isinstance(inputs, dict):
            named.extend(_ids_in(value) for value in inputs.values())
        for upload_id in (each for ids in named for each in ids):
            upload = self.uploads.get(upload_id)
            if upload is None or upload.user != values.get("user"):
                return refusal(400, "invalid_param", "Invalid upload file id.")
        return None

    def _refusable(self, handler: _Handler) -> _Handler:
        async def handle(request: web.Request) -> web.Response:
            due = self.refusals.get(request.path)
            if not due:
                return await handler(request)
            status, code = due.pop(0)
            if code:
                return refusal(status, code, "scripted")
            return web.Response(status=status, text="<html></html>", content_type="text/html")

        return handle

    async def _tell_parameters(self, _: web.Request) -> web.Response:
        return web.json_response(_PARAMETERS | dict(self._introduction()))

    async def _upload(self, request: web.Request) -> web.Response:
        upload = await _file_of(request)
        if upload is None:
            return refusal(400, "no_file_uploaded", "Please upload your file.")
        if "/" in upload.name or "\\" in upload.name:
            return refusal(400, "invalid_param", "Filename contains invalid characters")
        if len(upload.content) > PICTURE_LIMIT_BYTES:
            # The text is empty there as well.
            return refusal(413, "file_too_large", "")
        if not upload.content_type:
            return refusal(415, "unsupported_file_type", "File type not allowed.")
        upload_id = str(uuid.uuid4())
        self.uploads[upload_id] = upload
        row = {
            "id": upload_id,
            "name": upload.name,
            "size": len(upload.content),
            "extension": upload.name.rpartition(".")[2],
            "mime_type": upload.content_type,
            "preview_url": None,
        }
        return web.json_response(row, status=201)

    async def _hear(self, request: web.Request) -> web.Response:
        upload = await _file_of(request)
        if not self._is_on("speech_to_text"):
            return refusal(400, "speech_to_text_disabled", "Speech to text is disabled.")
        if upload is None:
            return refusal(400, "no_audio_uploaded", "Please upload your audio.")
        if upload.content_type not in _HEARD:
            return refusal(415, "unsupported_audio_type", "Audio type not allowed.")
        if len(upload.content) > RECORDING_LIMIT_BYTES:
            return refusal(413, "audio_too_large", "Audio size larger than 30 mb")
        self.recordings.append(upload)
        return web.json_response({"text": self.heard})

    async def _read_aloud(self, request: web.Request) -> web.Response:
        values = await request.json()
        text = str(values.get("text") or "")
        if not self._is_on("text_to_speech"):
            return refusal(400, "invalid_param", "TTS is not enabled")
        if not text:
            return refusal(400, "invalid_param", "text is required")
        self.spoken.append((text, str(values.get("voice") or "")))
        return web.Response(body=self.speech, content_type=self.speech_type)

    async def _suggest(self, request: web.Request) -> web.Response:
        if not self._chats:
            return refusal(400, "not_chat_app", "Please check if your app mode matches.")
        if not self._knows(request.match_info["id"], request.query.get("user", "")):
            return refusal(404, "not_found", "Message Not Exists.")
        if not self._is_on("suggested_questions_after_answer"):
            return refusal(400, "bad_request", "Suggested Questions Is Disabled.")
        return web.json_response({"result": "success", "data": self.suggestions})

    async def _rate(self, request: web.Request) -> web.Response:
        values = await request.json()
        message_id, rating = request.match_info["id"], values.get("rating")
        if not self._knows(message_id, str(values.get("user"))):
            return refusal(404, "not_found", "Message Not Exists.")
        if rating is None and message_id not in self.ratings:
            return refusal(400, "invalid_param", "rating cannot be None when feedback not exists")
        if rating is None:
            del self.ratings[message_id]
        else:
            self.ratings[message_id] = str(rating)
        return web.json_response({"result": "success"})

    def _is_on(self, feature: str) -> bool:
        told = self._introduction().get(feature, _PARAMETERS[feature])
        return isinstance(told, dict) and bool(told.get("enabled"))

    def _knows(self, message_id: str, user: str) -> bool:
        return any(
            each.ids.message_id == message_id and each.user == user for each in self._messages
        )


def silence(span_s: float) -> bytes:
    """A recording of nothing, as WAV."""
    recording = io.BytesIO()
    with wave.open(recording, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(b"\0\0" * int(16_000 * span_s))
    return recording.getvalue()


async def _file_of(request: web.Request) -> Upload | None:
    form = await request.post()
    file = form.get("file")
    if not isinstance(file, web.FileField):
        return None
    content = file.file.read()
    return Upload(str(form.get("user", "")), file.filename, file.content_type, content)


def _ids_in(value: object) -> list[str]:
    files = value if isinstance(value, list) else [value]
    named = (each.get("upload_file_id") for each in files if isinstance(each, dict))
    return [str(each) for each in named if each]
