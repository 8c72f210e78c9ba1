"""What becomes of a picture; the worker's own work, here in this process."""

import zlib
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from support import media
from yingda.errors import MediaError, MediaTooLarge, MediaUnreadable
from yingda.file_kinds import kind_of
from yingda.media.base import Converted
from yingda.media.picture_worker import convert
from yingda.media.worker_base import PictureJob

MB = 1 << 20


def converted(content: bytes, *, limit_bytes: int = 2 * MB, longest_px: int = 512) -> Converted:
    (made,) = convert(PictureJob(content=content, limit_bytes=limit_bytes, longest_px=longest_px))
    assert len(made.content) <= limit_bytes
    assert kind_of(made.content) == made.content_type
    return made


def opened(made: Converted) -> Image.Image:
    image = Image.open(BytesIO(made.content))
    image.load()
    return image


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_drawing_stays_a_drawing_of_the_same_size(mode: str) -> None:
    made = converted(media.picture(mode=mode, colour=0 if mode == "I;16" else "black"))
    assert made.content_type == "image/png"
    assert opened(made).size == (40, 20)


@pytest.mark.parametrize("name", ["GIF", "BMP", "WEBP"])
def test_every_kind_of_picture_becomes_one_that_all_take(name: str) -> None:
    image = opened(converted(media.picture(name, lossless=True)))
    assert image.convert("RGB").getpixel((1, 1)) == (255, 0, 0)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_a_photo_stays_a_photo(mode: str) -> None:
    made = converted(media.picture("JPEG", mode=mode, colour=0))
    assert made.content_type == "image/jpeg"
    assert opened(made).mode in {"L", "RGB"}


def test_the_longest_side_is_bounded_and_the_shape_kept() -> None:
    made = converted(media.picture("JPEG", (1000, 500)), longest_px=200)
    assert opened(made).size == (200, 100)


def test_a_small_picture_is_not_made_larger() -> None:
    assert opened(converted(media.picture("JPEG", (10, 5)))).size == (10, 5)


@pytest.mark.parametrize(("orientation", "size"), [(1, (40, 20)), (3, (40, 20)), (6, (20, 40))])
def test_a_photo_is_turned_as_it_was_taken_and_forgets_where(
    orientation: int, size: tuple[int, int]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Camera of Ann"
    exif.get_ifd(0x8825)[1] = "N"
    made = converted(media.picture("JPEG", exif=exif, comment=b"Ann's kitchen"))
    image = opened(made)
    assert image.size == size
    assert not image.getexif()
    assert b"Ann" not in made.content


def test_text_in_a_drawing_is_forgotten() -> None:
    notes = PngInfo()
    notes.add_text("Author", "Ann")
    assert b"Ann" not in converted(media.picture(pnginfo=notes)).content


def test_what_is_transparent_lies_on_white_paper_in_a_photo() -> None:
    clear = Image.effect_noise((200, 200), 90).convert("RGBA")
    clear.putalpha(0)
    file = BytesIO()
    clear.save(file, "PNG")
    made = converted(file.getvalue(), limit_bytes=8000)
    assert made.content_type == "image/jpeg"
    assert opened(made).getpixel((100, 100)) == (255, 255, 255)


def test_of_a_moving_picture_the_first_frame_is_taken() -> None:
    file = BytesIO()
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    assert opened(converted(file.getvalue())).convert("RGB").getpixel((1, 1)) == (255, 0, 0)


@pytest.mark.parametrize("name", ["PNG", "JPEG"])
def test_a_picture_too_heavy_is_made_worse_and_then_smaller_until_it_fits(name: str) -> None:
    made = converted(media.noise(name, (512, 512)), limit_bytes=20_000)
    assert made.content_type == "image/jpeg"
    assert 32 <= max(opened(made).size) < 512


def test_a_limit_that_nothing_meets_is_said() -> None:
    with pytest.raises(MediaTooLarge):
        converted(media.noise("PNG", (64, 64)), limit_bytes=100)


@pytest.mark.parametrize(
    "size",
    [(9000, 9000), (30_000, 30_000)],
    ids=["above the limit", "far above it"],
)
def test_a_small_file_of_too_many_pixels_is_refused_before_it_is_decoded(
    size: tuple[int, int],
) -> None:
    head = bytearray(media.picture(size=(1, 1)))
    head[16:24] = size[0].to_bytes(4, "big") + size[1].to_bytes(4, "big")
    head[29:33] = zlib.crc32(head[12:29]).to_bytes(4, "big")
    with pytest.raises(MediaTooLarge, match="million pixels"):
        converted(bytes(head))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg/>",
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00",
        media.amr(0.1),
        media.noise("JPEG", (64, 64))[:900],
        media.noise("PNG", (64, 64))[:900],
        media.picture("GIF")[:20],
        media.picture("WEBP")[:30],
        b"BM" + bytes(40),
    ],
)
def test_what_is_no_whole_picture_is_unreadable(content: bytes) -> None:
    with pytest.raises(MediaUnreadable):
        converted(content)


@given(
    st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "BMP"]).map(media.picture),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=8),
    st.integers(0, 10_000),
)
@settings(max_examples=150, deadline=None)
def test_a_damaged_picture_is_converted_or_refused(
    whole: bytes, flips: list[tuple[int, int]], cut: int
) -> None:
    damaged = bytearray(whole)
    for at, value in flips:
        damaged[at % len(damaged)] = value
    try:
        converted(bytes(damaged[: len(damaged) - cut % 20]))
    except MediaError as error:
        assert error.detail  # noqa: PT017  either end is right
