"""Twenty and more photos with coordinates, names and other pictures planted wherever a photo can carry them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

from PIL import Image, ImageCms, IptcImagePlugin, PngImagePlugin

from tests.pure.files import encoded, picture, png_chunk

assert IptcImagePlugin  # Pillow reads IPTC with it

SECRET = "PLANTED-Jean-Baptiste-50937001234"
#: The words in every spelling in which a file may hold them.
PLANTED = (b"PLANTED", "PLANTED".encode("utf-16-le"), "PLANTED".encode("utf-16-be"), b"PK\x03\x04", b"%PDF", b"<script")
_LAT, _LON = ((18, 1), (32, 1), (2112, 100)), ((72, 1), (20, 1), (1104, 100))
#: 18.5392, -72.3364 as fractions in either order of bytes, and as text.
COORDINATES = (
    *(
        struct.pack(order + "6I", *(part for pair in where for part in pair))
        for order in "<>"
        for where in (_LAT, _LON)
    ),
    b"18.5392",
    b"72.3364",
)
_XMP = (
    f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description exif:GPSLatitude="18.5392" exif:GPSLongitude="-72.3364" '
    f'dc:creator="{SECRET}"/></x:xmpmeta>'
).encode()


def _exif(**more: int) -> Image.Exif:
    made = Image.Exif()
    made[0x010F], made[0x0131], made[0x013B] = SECRET, SECRET, SECRET  # maker, software, artist
    gps = made.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", tuple(a / b for a, b in _LAT), "W", tuple(a / b for a, b in _LON)
    gps[29] = "2026:01:31"
    made.get_ifd(0x8769)[0x927C] = SECRET.encode()  # the maker's own note
    for tag in more.values():
        made[0x0112] = tag
    return made


def _raw_exif() -> bytes:
    """EXIF written by hand, big-endian: position as fractions, and a small picture of something else."""
    thumbnail = _segment(0xFE, SECRET.encode(), encoded("JPEG", Image.new("RGB", (64, 48), "red")))
    rationals = [struct.pack(">6I", *(part for pair in where for part in pair)) for where in (_LAT, _LON)]
    gps = struct.pack(">H", 4)
    at = 8 + 2 + 12 + 4 + 2 + 3 * 12 + 4  # after the first two directories
    gps_at, data_at = at, at + 2 + 4 * 12 + 4
    gps += struct.pack(">HHI4s", 1, 2, 2, b"N\0\0\0") + struct.pack(">HHII", 2, 5, 3, data_at)
    gps += struct.pack(">HHI4s", 3, 2, 2, b"W\0\0\0") + struct.pack(">HHII", 4, 5, 3, data_at + 24) + bytes(4)
    first = struct.pack(">H", 1) + struct.pack(">HHII", 0x8825, 4, 1, gps_at) + struct.pack(">I", 8 + 2 + 12 + 4)
    second = struct.pack(">H", 3) + struct.pack(">HHII", 0x0103, 3, 1, 6 << 16)
    second += struct.pack(">HHII", 0x0201, 4, 1, data_at + 48) + struct.pack(">HHII", 0x0202, 4, 1, len(thumbnail))
    return b"Exif\0\0MM\0*\0\0\0\x08" + first + second + bytes(4) + gps + b"".join(rationals) + thumbnail


def _segment(marker: int, data: bytes, jpeg: bytes) -> bytes:
    """The JPEG with one more segment behind its beginning."""
    return jpeg[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data + jpeg[2:]


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(f"{SECRET}.txt", f"{SECRET} 18.5392 -72.3364")
    return out.getvalue()


def _profile() -> bytes:
    """The profile of sRGB with other words in it, of the same length."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return srgb.replace("sRGB".encode("utf-16-be"), "PLAN".encode("utf-16-be")) + SECRET.encode()


def _hidden_under_transparency() -> bytes:
    """Words as colours of points that nobody sees."""
    words = (SECRET.encode() * 40)[: 30 * 40]
    made = Image.new("RGBA", (40, 40), (10, 200, 10, 255))
    for number in range(len(words) // 3):
        made.putpixel((number % 40, number // 40), (*words[3 * number : 3 * number + 3], 0))
    return encoded("PNG", made)


def _webp() -> bytes:
    return encoded("WEBP", picture(), exif=_exif().tobytes(), xmp=_XMP, icc_profile=_profile(), quality=70)


def _png_text() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", SECRET)
    info.add_text("Location", "18.5392,-72.3364")
    return encoded("PNG", pnginfo=info)


def _png_itext() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", _XMP.decode())
    return encoded("PNG", pnginfo=info)


def _png_packed() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", SECRET * 20, zip=True)
    return encoded("PNG", pnginfo=info)


def _png_private() -> bytes:
    png = encoded("PNG")
    return png[:33] + png_chunk(b"gpSx", SECRET.encode()) + png[33:] + SECRET.encode() + _zip()


def _gif() -> bytes:
    """A comment, XMP in an application's block, a second frame."""
    frames = [Image.new("P", (64, 48), 3), Image.new("P", (64, 48), 9)]
    gif = encoded("GIF", frames[0], save_all=True, append_images=frames[1:], comment=SECRET.encode())
    xmp = b"!\xff\x0bXMP DataXMP" + bytes([min(255, len(_XMP))]) + _XMP[:255] + b"\0"
    return gif[:-1] + xmp + b";" + SECRET.encode()


def _iptc() -> bytes:
    record = b"\x1c\x02\x50" + struct.pack(">H", len(SECRET)) + SECRET.encode()
    return b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(record)) + record


def _several() -> bytes:
    """Two pictures in one file, as cameras write them (MPF); the second says where."""
    second = Image.new("RGB", (32, 24), "red")
    return encoded("MPO", picture(), save_all=True, append_images=[second], exif=_exif().tobytes()) + SECRET.encode()


def hostile_photos() -> Mapping[str, bytes]:
    """name → the photo. Those called "packed …" hold the words compressed."""
    plain = encoded("JPEG")
    everywhere = plain
    for marker in range(0xE1, 0xF0):
        everywhere = _segment(marker, SECRET.encode() + b" 18.5392", everywhere)
    lossy = picture().convert("CMYK")
    return {
        "EXIF with position, names and a maker's note": encoded("JPEG", exif=_exif()),
        "EXIF by hand, big-endian, with a thumbnail of something else": _segment(0xE1, _raw_exif(), plain),
        "EXIF, turned": encoded("JPEG", exif=_exif(turned=6)),
        "XMP": _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + _XMP, plain),
        "extended XMP": _segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + bytes(40) + _XMP, plain),
        "IPTC": _segment(0xED, _iptc(), plain),
        "a comment": _segment(0xFE, SECRET.encode(), plain),
        "a colour profile with words": encoded("JPEG", icc_profile=_profile()),
        "every application's segment": everywhere,
        "two pictures in one": _several(),
        "a ZIP behind it": plain + _zip(),
        "a page behind it": plain + b"<script>alert('" + SECRET.encode() + b"')</script>",
        "a PDF within it": _segment(0xFE, b"%PDF-1.7\n" + SECRET.encode(), plain),
        "a JFXX thumbnail": _segment(0xE0, b"JFXX\0\x10" + _segment(0xFE, SECRET.encode(), plain)[:9000], plain),
        "four colours, with EXIF": encoded("JPEG", lossy, exif=_exif(), comment=SECRET.encode()),
        "PNG texts": _png_text(),
        "PNG with XMP": _png_itext(),
        "packed PNG text": _png_packed(),
        "PNG with EXIF": encoded("PNG", exif=_exif()),
        "packed PNG with a profile": encoded("PNG", icc_profile=_profile()),
        "PNG with a block of its own and a ZIP behind it": _png_private(),
        "packed words under full transparency": _hidden_under_transparency(),
        "WebP with EXIF, XMP and a profile": _webp(),
        "GIF with a comment, XMP and a second frame": _gif(),
        "a PNG that is called a JPEG": _png_text() + zlib.compress(SECRET.encode()),
    }
