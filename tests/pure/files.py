"""Files for tests, made here: photos that carry what nobody sees, bombs, sounds, documents."""

from __future__ import annotations

import io
import math
import struct
import wave
import zlib
from array import array
from typing import Any

from PIL import Image, ImageDraw


def picture(width: int = 320, height: int = 240) -> Image.Image:
    """Something to be seen: stripes, so that a turn shows."""
    made = Image.new("RGB", (width, height), (90, 140, 190))
    drawn = ImageDraw.Draw(made)
    for step in range(0, width, 40):
        drawn.rectangle((step, 0, step + 20, height // 2), fill=(step % 255, 120, 30))
    return made


def encoded(form: str, made: Image.Image | None = None, **options: Any) -> bytes:
    out = io.BytesIO()
    (made or picture()).save(out, form, **options)
    return out.getvalue()


def gif_of(frames: int) -> bytes:
    pictures = [Image.new("P", (64, 48), number % 255) for number in range(frames)]
    return encoded("GIF", pictures[0], save_all=True, append_images=pictures[1:])


def bomb_png(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that says it has that many points, all of one colour."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    body = b"".join(packer.compress(row) for _ in range(min(height, 2_000))) + packer.flush()
    chunks = ((b"IHDR", head), (b"IDAT", body), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(name, data) for name, data in chunks)


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def tone(seconds: float = 1.0, rate: int = 16_000, channels: int = 1) -> bytes:
    """A WAV with a tone of 440 Hz."""
    wave_length = [int(9_000 * math.sin(2 * math.pi * 440 * at / rate)) for at in range(rate)]
    samples = array("h", [value for value in wave_length for _ in range(channels)])
    out = io.BytesIO()
    with wave.open(out, "wb") as made:
        made.setnchannels(channels)
        made.setsampwidth(2)
        made.setframerate(rate)
        whole, rest = divmod(seconds, 1)
        made.writeframes(samples.tobytes() * int(whole) + samples[: int(rest * rate) * channels].tobytes())
    return out.getvalue()


def pdf_of(words: str, pages: int = 1, more: bytes = b"", size: tuple[int, int] = (595, 842)) -> bytes:
    """A PDF with the words on every page; `more` stands in its catalogue."""
    shown = f"BT /F1 24 Tf 72 700 Td ({words}) Tj ET".encode()
    return pdf_with(shown, pages, more, size)


def pdf_with(
    content: bytes, pages: int = 1, more: bytes = b"", size: tuple[int, int] = (595, 842), how: bytes = b""
) -> bytes:
    """A PDF of that content stream on every page; `how` names its filters."""
    kids = b" ".join(b"%d 0 R" % (5 + number) for number in range(pages))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R " + more + b" >>",
        b"<< /Type /Pages /Kids [" + kids + b"] /Count %d >>" % pages,
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Length %d %s >>\nstream\n" % (len(content), how) + content + b"\nendstream",
    ]
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
    )
    objects += [page % size] * pages
    out, places = b"%PDF-1.7\n", []
    for number, written in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + written + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + end
