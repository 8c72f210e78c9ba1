"""Makes words of a recording that is a question, before it is asked.

What was heard is written down at once: after a crash nobody listens again. Refuses to know how a
recording is fetched and converted.
"""

from yingda.clock import Clock
from yingda.engine.accounts.accounts import Account, Accounts
from yingda.engine.inputs.downloads import Downloads
from yingda.engine.inputs.media_base import Media
from yingda.engine.inputs.senses import Senses
from yingda.engine.insist import insist
from yingda.engine.running_turn import RunningTurn
from yingda.errors import MediaError, ProviderTimeout, VoiceUnusable
from yingda.media.base import Converted
from yingda.providers.capabilities import Recording, Transcriber
from yingda.store.base import Store
from yingda.turn.model import Attachment, AttachmentKind, Form

_GONE_MEND = "Nothing: WeChat keeps it for three days."
_FETCH_MEND = (
    "If many fail, see whether this machine reaches WeChat; one recording may just be broken."
)
_RUNS_MEND = "See what ended the process; the recording is not tried again."

#: How long may be listened to one recording. Our choice: it lasts a minute at most, and recognisers
#: are faster than speech.
LISTEN_LIMIT_S = 60.0
#: A recording is listened to once more after a crash, not more, for the same reason as a question.
_RUNS_LIMIT = 2
#: Characters of what was heard. Our choice: a minute of fast speech has some 400.
_HEARD_LIMIT_CHARS = 4000


class Hearing:
    """Listens, for one run after the other."""

    def __init__(
        self,
        *,
        store: Store,
        accounts: Accounts,
        senses: Senses,
        downloads: Downloads,
        media: Media | None,
        clock: Clock,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._senses = senses
        self._downloads = downloads
        self._media = media
        self._clock = clock

    async def hear(self, running: RunningTurn) -> None:
        """Give the turn its words, if it is a recording that nobody has heard.

        Raises a `ProviderError`: `VoiceUnusable`, or what the recogniser raised.
        """
        turn = running.claim.turn
        if turn.form is not Form.VOICE or turn.question:
            return
        if turn.run_no > _RUNS_LIMIT:
            detail = f"{_RUNS_LIMIT} runs were cut off by the end of their process"
            raise VoiceUnusable(detail, mend=_RUNS_MEND)
        account = self._accounts.get(turn.account)
        listener = (
            None if account is None else self._senses.transcriber(account, running.claim.provider)
        )
        if account is None or listener is None:
            raise VoiceUnusable(
                "no provider turns this account's recordings into text",
                mend="set `transcriber` to one that does",
            )
        recording = await self._recording(account, running.claim.attachments)
        words = await self._words(listener, recording, running.claim.user)
        running.hear(words)
        await insist(
            self._clock,
            lambda: self._store.note_question(turn.id, turn.run_no, words),
        )

    async def _recording(self, account: Account, attachments: tuple[Attachment, ...]) -> Recording:
        found = [each for each in attachments if each.kind is AttachmentKind.VOICE]
        if not found or self._media is None:
            raise VoiceUnusable("the recording is older than WeChat keeps it", mend=_GONE_MEND)
        try:
            wav = await self._wav(self._media, account.name, found[0])
        except MediaError as error:
            raise VoiceUnusable(error.detail, mend=_FETCH_MEND) from error
        return Recording(content=wav.content, content_type=wav.content_type)

    async def _wav(self, media: Media, account: str, recording: Attachment) -> Converted:
        """Of the better recording; of the plain one where that is gone, or cannot be read."""
        if recording.fine_media_id:
            try:
                content = await self._downloads.content(account, recording.fine_media_id)
                return await media.converting.wav(content)
            except MediaError:
                if not recording.media_id:
                    raise
        return await media.converting.wav(
            await self._downloads.content(account, recording.media_id)
        )

    async def _words(self, listener: Transcriber, recording: Recording, user: str) -> str:
        try:
            async with self._clock.timeout(LISTEN_LIMIT_S):
                words = await listener.transcribe(recording, user)
        except TimeoutError:
            detail = f"listening took over {LISTEN_LIMIT_S:.0f} s"
            raise ProviderTimeout(detail, mend="Look at the load of the recogniser.") from None
        heard = words.strip()[:_HEARD_LIMIT_CHARS]
        if not heard:
            mend = "If it was not silent, choose a better recogniser."
            raise VoiceUnusable("nothing was heard in the recording", mend=mend)
        return heard
