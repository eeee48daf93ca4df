"""A photo is decoded to its points and written anew: nothing but what can be seen is passed on."""

from __future__ import annotations

import io
import struct
import warnings

from PIL import Image, ImageCms

from rapport.reports.attachments.copies import Copy, Unclean
from rapport.reports.attachments.kinds import GIF, JPEG, PNG, WEBP, Kind

MAX_PIXELS = 50_000_000  # before anything is decoded [ours: the largest of common phones; 150 MB as RGB]
LONGEST = 2_000  # points of the longer side of a copy [ours: a number plate at 30 m can still be read]
QUALITY = 80  # of JPEG, as Pillow counts
SMALL = 400  # points of the longer side of the small picture
SMALL_BYTES = 40 * 1024  # of the small picture: 8 seconds at 40 kbit/s, what a bad line gives

_FORMATS = {JPEG.type: "JPEG", PNG.type: "PNG", WEBP.type: "WEBP", GIF.type: "GIF"}
_ORIENTATION = 0x0112  # the tag in EXIF
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def photo(data: bytes, kind: Kind) -> Copy:
    """The first picture of the file, upright, in sRGB, with nothing beside its points. Unclean if it is too large, or
    is not what its first bytes say."""
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(io.BytesIO(data), formats=[_FORMATS[kind.type]]) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise Unclean(f"it has {opened.width} × {opened.height} points; at most {MAX_PIXELS:,} are decoded")
            seen = _upright(opened)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unclean(f"it has more than {MAX_PIXELS:,} points, which are not decoded") from error
    except (OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, ArithmeticError, struct.error) as error:
        raise Unclean("it is damaged, or not what it seems to be") from error  # what Pillow's readers raise
    made, media_type = written(seen)
    return Copy(media_type, made, small=small(seen), width=seen.width, height=seen.height)


def _upright(opened: Image.Image) -> Image.Image:
    """Decoded, scaled, turned as the camera was held, in sRGB, and then only the points."""
    turn = _TURNS.get(_orientation(opened))
    profile = opened.info.get("icc_profile")
    if opened.format == "JPEG":
        opened.draft("RGB", (2 * LONGEST, 2 * LONGEST))  # decodes a large one at half or a quarter of its size
    opened.load()
    picture = _visible(opened)
    picture.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    picture = _in_srgb(picture, profile)
    return bare(picture.transpose(turn) if turn is not None else picture)


def _orientation(opened: Image.Image) -> int:
    try:
        return int(opened.getexif().get(_ORIENTATION, 1))
    except (OSError, SyntaxError, ValueError, TypeError, LookupError, OverflowError, struct.error):
        return 1  # a broken EXIF turns nothing


def _visible(opened: Image.Image) -> Image.Image:
    """RGB, or RGBA where something can be seen through. What lies under full transparency is not kept: by way of
    premultiplied colours it becomes black, as it looked."""
    if not opened.has_transparency_data:
        return opened.convert("RGB")
    picture = opened.convert("RGBA")
    least = picture.getchannel("A").getextrema()[0]
    return picture.convert("RGB") if least == 255 else picture.convert("RGBa").convert("RGBA")


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """The colours as the photo's own profile means them; as they are, if the profile is of no use."""
    if not profile:
        return picture
    alpha = picture.getchannel("A") if picture.mode == "RGBA" else None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        turned = ImageCms.profileToProfile(
            picture.convert("RGB"), source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return picture
    if turned is None:
        return picture
    if alpha is not None:
        turned.putalpha(alpha)
        turned = turned.convert("RGBa").convert("RGBA")  # black under full transparency again
    return turned


def bare(picture: Image.Image) -> Image.Image:
    """A new picture of the same points. Pillow writes what it finds in `info` (comments, profiles, EXIF) again; a new
    one has none."""
    return Image.frombytes(picture.mode, picture.size, picture.tobytes())


def written(picture: Image.Image) -> tuple[bytes, str]:
    """The bytes and media type: PNG where something can be seen through, else JPEG."""
    out = io.BytesIO()
    if picture.mode == "RGBA":
        picture.save(out, "PNG", optimize=False)
        return out.getvalue(), PNG.type
    picture.save(out, "JPEG", quality=QUALITY, progressive=True, optimize=True)
    return out.getvalue(), JPEG.type


def small(picture: Image.Image) -> bytes:
    """A JPEG of at most SMALL points and SMALL_BYTES, on white."""
    flat = picture
    if picture.mode == "RGBA":
        flat = Image.new("RGB", picture.size, "white")
        flat.paste(picture, mask=picture.getchannel("A"))
    for side, quality in ((SMALL, 70), (SMALL, 45), (SMALL * 3 // 4, 40), (SMALL // 2, 35), (SMALL // 4, 30)):
        reduced = flat.copy()
        reduced.thumbnail((side, side))
        out = io.BytesIO()
        bare(reduced).save(out, "JPEG", quality=quality, progressive=True, optimize=True)
        if out.tell() <= SMALL_BYTES:
            break
    return out.getvalue()
