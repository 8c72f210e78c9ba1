"""A follower's phone: what is sent, what is seen, which links can be tapped.

Knows how WeChat renders a text and what a tap on a tap-to-send link does. Refuses to know
signatures, attempts and the server; the platform does.
"""

import re
from urllib.parse import unquote

import msgspec

from yingda.simulator import pushes
from yingda.simulator.followers import Received
from yingda.simulator.library import MediaFile
from yingda.simulator.platform import CLEAR_WAY, Delivered, Platform, Way
from yingda.simulator.pushes import Sent
from yingda.simulator.server_api_content import MEDIA_LABELS

#: A link with its label. WeChat takes either kind of quotes; attributes may stand around.
_LINK = re.compile(
    r"""<a\s[^>]*?href\s*=\s*(["'])(?P<href>.*?)\1[^>]*>(?P<label>.*?)</a\s*>""",
    re.DOTALL | re.IGNORECASE,
)
#: What the address of a tap-to-send link begins with, as users report it.
_TAP_ADDRESS = "weixin://bizmsgmenu?"


class Link(msgspec.Struct, frozen=True):
    """A link inside a text."""

    label: str
    href: str
    #: Where its markup stands in the text: first character, and the one after the last.
    span: tuple[int, int]
    #: What a tap sends; "" when it opens a page instead.
    content: str = ""
    #: msgmenuid; "" when the link has none.
    menu_item_id: str = ""


class Bubble(msgspec.Struct, frozen=True):
    """One entry of the chat."""

    is_mine: bool
    #: With its markup; see `shown_text`.
    text: str
    #: Unix seconds.
    at_s: float
    #: Whether it came as a service message, outside of any push.
    is_service: bool = False
    #: The picture or the recording that stands for.
    media: MediaFile | None = None


def links_in(text: str) -> tuple[Link, ...]:
    """All links of a text, in reading order."""
    return tuple([_link(match) for match in _LINK.finditer(text)])


def _link(match: re.Match[str]) -> Link:
    href, label, span = match["href"], match["label"], match.span()
    if not href.lower().startswith(_TAP_ADDRESS):
        return Link(label, href, span)
    # A fragment ends what is sent, as it ends the query of any address.
    query = href[len(_TAP_ADDRESS) :].partition("#")[0]
    pairs = [pair.partition("=") for pair in query.split("&")]
    values = {name: unquote(value) for name, _, value in pairs}
    return Link(label, href, span, values.get("msgmenucontent", ""), values.get("msgmenuid", ""))


def tap_links(text: str) -> tuple[Link, ...]:
    """The tap-to-send links of a text, in reading order; one that would send nothing is none."""
    return tuple([link for link in links_in(text) if link.content])


def shown_text(text: str) -> str:
    """The text as WeChat shows it: of a link the label, everything else as it is."""
    return _LINK.sub(lambda match: match["label"], text)


class Phone:
    """One follower's chat with the account. Every sending method waits for what comes back."""

    def __init__(self, platform: Platform, openid: str) -> None:
        self.platform = platform
        self.openid = openid
        self.history: list[Bubble] = []
        #: The number of the attempt that is open now, 0 when none is.
        self.open_attempt = 0
        platform.followers.listen(openid, self._receive)

    @property
    def is_typing(self) -> bool:
        """Whether the chat shows that the account is typing."""
        return self.platform.followers.is_typing(self.openid)

    async def send(self, sent: Sent, *, way: Way = CLEAR_WAY) -> Delivered:
        """Send or do anything; `way` is what happens between WeChat and the server."""
        if sent.bubble:
            self._add(sent.bubble, is_mine=True)
        try:
            delivered = await self.platform.deliver(sent, self.openid, way=way, opened=self._opened)
        finally:
            self.open_attempt = 0
        for text in delivered.shown:
            self._add(text, is_mine=False)
        return delivered

    async def say(self, text: str, *, way: Way = CLEAR_WAY) -> Delivered:
        """Send a text."""
        return await self.send(pushes.text(text), way=way)

    async def send_image(
        self, content: bytes = b"", content_type: str = "image/jpeg", *, way: Way = CLEAR_WAY
    ) -> Delivered:
        """Send a picture, which can be fetched by its PicUrl and by its media_id.

        Without content it is one that nobody can fetch.
        """
        if not content:
            return await self.send(pushes.image(), way=way)
        library = self.platform.library
        media_id = library.put("image", content, content_type)
        return await self.send(pushes.image(media_id, library.picture_url(media_id)), way=way)

    async def send_voice(
        self,
        content: bytes = b"",
        content_16k: bytes = b"",
        *,
        voice_format: str = "amr",
        recognition: str = "",
        way: Way = CLEAR_WAY,
    ) -> Delivered:
        """Send a voice recording, of 8 kHz and where given of 16 kHz as well.

        Without content it is one that nobody can fetch.
        """
        if not content:
            sent = pushes.voice(voice_format=voice_format, recognition=recognition)
            return await self.send(sent, way=way)
        library = self.platform.library
        sent = pushes.voice(
            library.put("voice", content, f"audio/{voice_format}"),
            voice_format,
            media_id_16k=library.put("voice", content_16k, "audio/amr") if content_16k else "",
            recognition=recognition,
        )
        return await self.send(sent, way=way)

    async def send_video(self) -> Delivered:
        """Send a video."""
        return await self.send(pushes.video(self.platform.library.put("video", b"", "video/mp4")))

    async def send_location(self) -> Delivered:
        """Send a place."""
        return await self.send(pushes.location())

    async def send_link(self) -> Delivered:
        """Share a web page."""
        return await self.send(pushes.link())

    async def send_mini_program(self) -> Delivered:
        """Share a page of a mini program."""
        return await self.send(pushes.mini_program())

    async def send_sticker(self) -> Delivered:
        """Send a sticker."""
        return await self.send(pushes.sticker())

    async def follow(self, scene: str = "") -> Delivered:
        """Follow the account, by way of a scene QR code when one is named."""
        return await self.send(pushes.subscribe(scene))

    async def unfollow(self) -> Delivered:
        """Follow no longer."""
        return await self.send(pushes.unsubscribe())

    async def scan(self, scene: str) -> Delivered:
        """Scan a scene QR code as a follower."""
        return await self.send(pushes.scan(scene))

    async def click(self, key: str) -> Delivered:
        """Tap a menu button of type click."""
        return await self.send(pushes.click(key))

    async def view(self, url: str) -> Delivered:
        """Tap a menu button that opens a page."""
        return await self.send(pushes.view(url))

    def files(self) -> tuple[MediaFile, ...]:
        """Every picture and recording that came, the oldest first."""
        return tuple(bubble.media for bubble in self.history if bubble.media is not None)

    def links(self) -> tuple[Link, ...]:
        """Every link that can be tapped: newest bubble first, in reading order within one."""
        theirs = [bubble.text for bubble in reversed(self.history) if not bubble.is_mine]
        return tuple(link for text in theirs for link in tap_links(text))

    async def tap(self, n: int = 0, *, way: Way = CLEAR_WAY) -> Delivered:
        """Tap link `n` of `links()`: its text goes out as if it had been typed.

        No bizmsgmenuid goes with it: reports say that it is often missing. Raises LookupError when
        there is no such link.
        """
        return await self.say(self.links()[n].content, way=way)

    def _opened(self, number: int) -> None:
        self.open_attempt = number

    def _receive(self, received: Received) -> None:
        self.history.append(
            Bubble(
                is_mine=False,
                text=received.text,
                at_s=received.at_s,
                is_service=True,
                media=self._media_in(received.text),
            )
        )

    def _add(self, text: str, *, is_mine: bool) -> None:
        media = None if is_mine else self._media_in(text)
        self.history.append(Bubble(is_mine, text, self.platform.clock.now(), media=media))

    def _media_in(self, text: str) -> MediaFile | None:
        """The file that a line of the chat stands for."""
        label, _, media_id = text.partition(" ")
        return self.platform.library.find(media_id) if label in MEDIA_LABELS.values() else None
