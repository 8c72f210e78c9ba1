"""What can go wrong with a picture or a recording that somebody sent or an answer names."""

from yingda.errors.base import Fault, YingdaError


class MediaError(YingdaError):
    """A picture or a recording cannot be had, or not be read.

    `detail` is for the operator. It names a host at the most: the rest of an address may be a
    secret.
    """

    fault = Fault.SENDER

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class MediaRefused(MediaError):
    """The address leads where nobody outside may send us: into our own network, or to a login."""


class MediaTooLarge(MediaError):
    """The file has more bytes, pixels or seconds than we take."""


class MediaMissing(MediaError):
    """The server answered that it has no such file, or that it is not for us."""

    fault = Fault.PROVIDER


class MediaUnavailable(MediaError):
    """No connection could be made, the server failed, or it took too long."""

    fault = Fault.PROVIDER
    transient = True


class MediaUnreadable(MediaError):
    """The content is none of the kinds that we read, is broken, or costs too much to decode."""
