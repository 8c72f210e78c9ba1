"""A process that reads one picture and writes it as JPEG or PNG, within limits.

Run as `python -m yingda.media.picture_worker`; nothing else may import this. Refuses what is over
its count of pixels before it is decoded. Nothing of the file but its pixels goes on: no place, no
camera, no profile of colours, no comment.
"""

import warnings
from collections.abc import Iterator
from io import BytesIO
from typing import Final

import msgspec
from PIL import Image, ImageOps

from yingda.errors import MediaTooLarge, MediaUnreadable
from yingda.file_kinds import Kind, kind_of
from yingda.media.base import Converted
from yingda.media.worker_base import PictureJob, work

#: What may be decoded at all, by the library's names.
_FORMATS: Final = {
    Kind.JPEG: "JPEG",
    Kind.PNG: "PNG",
    Kind.GIF: "GIF",
    Kind.WEBP: "WEBP",
    Kind.BMP: "BMP",
}
#: Our choice: the sensors of most phones have 64 million at the most, and a decoded pixel takes
#: up to four bytes.
_PIXELS_LIMIT: Final = 1 << 26
#: Our choice: from hardly to plainly visible losses; a smaller picture is better than a worse one.
_QUALITIES: Final = (88, 75, 60)
#: What is left of each side where no quality suffices. Our choice: half of the pixels.
_SHRINK: Final = 0.7
#: Our choice: nothing is to be seen on less.
_SHORTEST_PX: Final = 32
#: The one tag of a camera's that counts (EXIF 2.3, table 4).
_ORIENTATION: Final = 0x0112


def convert(job: PictureJob) -> tuple[Converted, ...]:
    """The picture as one file. Raises a `MediaError`."""
    kind = kind_of(job.content)
    if kind not in _FORMATS:
        raise MediaUnreadable(f"no picture that can be read: {kind or 'of no known kind'}")
    try:
        image = _upright(_opened(job.content, kind), job.longest_px)
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        # The library's own errors for broken files; their texts may quote the content.
        raise MediaUnreadable(f"the {kind} is broken ({type(error).__name__})") from None
    for made in _candidates(image, is_photo=kind is Kind.JPEG):
        if len(made.content) <= job.limit_bytes:
            return (made,)
    raise MediaTooLarge("the picture fits into its limit at no size")


def _opened(content: bytes, kind: Kind) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = _PIXELS_LIMIT
    with warnings.catch_warnings():
        # The library only warns up to twice its limit.
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            return Image.open(BytesIO(content), formats=(_FORMATS[kind],))
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            said = f"the picture has over {_PIXELS_LIMIT >> 20} million pixels"
            raise MediaTooLarge(said) from None


def _upright(image: Image.Image, longest_px: int) -> Image.Image:
    """The picture in plain colours, no side longer than that, turned as it was taken."""
    exif = image.getexif()
    # A JPEG is decoded at a fraction of its size where that is enough: less memory, less time.
    image.draft(None, (longest_px, longest_px))
    plain = _plain(image)
    plain.thumbnail((longest_px, longest_px))
    turned = Image.Exif()
    turned[_ORIENTATION] = exif.get(_ORIENTATION, 1)
    plain.info = {"exif": turned.tobytes()}
    upright = ImageOps.exif_transpose(plain)
    upright.info = {}
    return upright


def _plain(image: Image.Image) -> Image.Image:
    """Grey, red-green-blue, or that with transparency."""
    if image.mode.startswith("I"):
        # Sixteen bits of grey: the upper eight.
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("L" if image.mode in {"L", "1"} else "RGB")


def _candidates(image: Image.Image, *, is_photo: bool) -> Iterator[Converted]:
    """The picture as good as can be, then worse and smaller."""
    if not is_photo:
        yield _saved(image, "PNG", optimize=False)
    flat = _flat(image)
    while min(flat.size) >= _SHORTEST_PX or flat.size == image.size:
        for quality in _QUALITIES:
            yield _saved(flat, "JPEG", quality=quality)
        width, height = flat.size
        flat = flat.resize((max(1, int(width * _SHRINK)), max(1, int(height * _SHRINK))))


def _flat(image: Image.Image) -> Image.Image:
    """On white paper where it is transparent, for JPEG knows no such thing."""
    if image.mode != "RGBA":
        return image
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def _saved(image: Image.Image, name: str, **options: object) -> Converted:
    file = BytesIO()
    image.save(file, name, **options)
    return Converted(file.getvalue(), f"image/{name.lower()}")


if __name__ == "__main__":
    work(msgspec.msgpack.Decoder(PictureJob), convert)
