"""Which files are taken, told by their first bytes. The name and what the other side says it is are never believed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rapport.errors import Refused
from rapport.values import GivenFile

MAX_FILES = 5  # with one report [ours: more is a collection, which is better sent as a document]
MAX_FILE = 10 * 1024 * 1024  # bytes of one file [ours: a photo of 50 megapixels, ten minutes of a voice message]
MAX_TOGETHER = 25 * 1024 * 1024  # bytes of all files of a report [ours]
NAME_LENGTH = 200
TYPE_LENGTH = 100

Group = Literal["photo", "sound", "document"]
TAKEN = "JPEG, PNG, WebP, GIF or HEIC photos, MP3, OGG, WAV, M4A, AMR or 3GP sound, PDF and plain text"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file is. `copied` says whether a cleaned copy of such files can be made at all."""

    type: str  # media type
    group: Group
    ending: str
    copied: bool = True


JPEG = Kind("image/jpeg", "photo", "jpg")
PNG = Kind("image/png", "photo", "png")
WEBP = Kind("image/webp", "photo", "webp")
GIF = Kind("image/gif", "photo", "gif")
HEIC = Kind("image/heic", "photo", "heic", copied=False)
MP3 = Kind("audio/mpeg", "sound", "mp3")
OGG = Kind("audio/ogg", "sound", "ogg")
WAV = Kind("audio/wav", "sound", "wav")
M4A = Kind("audio/mp4", "sound", "m4a", copied=False)
AMR = Kind("audio/amr", "sound", "amr", copied=False)
THREE_GP = Kind("audio/3gpp", "sound", "3gp", copied=False)
PDF = Kind("application/pdf", "document", "pdf")
TEXT = Kind("text/plain", "document", "txt")
KINDS = (JPEG, PNG, WEBP, GIF, HEIC, MP3, OGG, WAV, M4A, AMR, THREE_GP, PDF, TEXT)
_BY_TYPE = {kind.type: kind for kind in KINDS}

#: Brands of ISO media files (ISO/IEC 14496-12, "ftyp"; the registry at mp4ra.org).
_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), HEIC),
    **dict.fromkeys((b"M4A ", b"M4B "), M4A),
    **dict.fromkeys((b"3gp4", b"3gp5", b"3gp6", b"3gp7", b"3gr6", b"3gs6", b"3ge6", b"3gg6"), THREE_GP),
}
_STARTS = ((b"\xff\xd8\xff", JPEG), (b"\x89PNG\r\n\x1a\n", PNG), (b"GIF87a", GIF), (b"GIF89a", GIF), (b"%PDF-", PDF),
           (b"OggS", OGG), (b"#!AMR", AMR), (b"ID3", MP3))  # fmt: skip
_LOOKED_AT = 64 * 1024  # bytes of a text that are read before it is believed to be one
#: Texts that a program would run or draw: scripts, pages, drawings, documents of word processors.
_NOT_PLAIN = re.compile(
    r"\s*(#!|<[a-z!?/]|\{\\rtf)|.{0,4096}<(script|svg|html|body|iframe)\b", re.IGNORECASE | re.DOTALL
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")


def kind_of(data: bytes) -> Kind | None:
    """What the first bytes say; None for everything that is not taken."""
    for start, kind in _STARTS:
        if data.startswith(start):
            return kind
    if data[:4] == b"RIFF":
        return {b"WEBP": WEBP, b"WAVE": WAV}.get(data[8:12])
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12])
    if _is_mpeg_audio(data):
        return MP3
    return TEXT if _is_plain_text(data) else None


def of_type(media_type: str) -> Kind:
    """The kind whose media type this is; KeyError for none."""
    return _BY_TYPE[media_type]


def _is_mpeg_audio(data: bytes) -> bool:
    """A frame of MPEG audio, layer III: 11 bits of ones, then no reserved value (ISO/IEC 11172-3)."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE0 != 0xE0:
        return False
    version, layer = data[1] >> 3 & 3, data[1] >> 1 & 3
    return version != 1 and layer == 1 and data[2] >> 4 not in (0, 15) and data[2] >> 2 & 3 != 3


def _is_plain_text(data: bytes) -> bool:
    text = read_text(data[:_LOOKED_AT], whole=len(data) <= _LOOKED_AT)
    return text is not None and bool(text.strip()) and not _CONTROL.search(text) and not _NOT_PLAIN.match(text)


def read_text(data: bytes, *, whole: bool = True) -> str | None:
    """UTF-8, or UTF-16 that says so by its mark; None for neither. Of a text cut short the last letter may lack."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        if whole or error.start < len(data) - 4:
            return None
        return data[: error.start].decode(encoding, "ignore")


def check(files: Sequence[GivenFile]) -> None:
    """Refused, naming the file and the remedy, if one of them or all together are not taken."""
    if len(files) > MAX_FILES:
        raise Refused("too_many_files", f"Send at most {MAX_FILES} files with a report.", field="files")
    for file in files:
        _check(file)
    if sum(len(file.data) for file in files) > MAX_TOGETHER:
        raise Refused("files_too_large", f"Send at most {_mb(MAX_TOGETHER)} of files with a report.", field="files")


def _check(file: GivenFile) -> None:
    called = f"“{name}”" if (name := harmless_name(file.name)) else "The file"
    if not file.data:
        raise Refused("file_empty", f"{called} is empty: choose it again.", field="files")
    if len(file.data) > MAX_FILE:
        raise Refused("file_too_large", f"{called} is larger than {_mb(MAX_FILE)}: send a smaller one.", field="files")
    if kind_of(file.data) is None:
        raise Refused("file_kind", f"{called} is not taken. Taken are {TAKEN}.", field="files")


def _mb(size: int) -> str:
    return f"{size // 1024 // 1024} MB"


def harmless_name(name: str) -> str:
    """The last part of a file's name, without what cannot be seen or turns the reading direction, at most NAME_LENGTH
    letters; people read it, no program opens it."""
    last = re.split(r"[/\\]", name)[-1]
    seen = "".join(letter for letter in last if unicodedata.category(letter)[0] not in "CZ" or letter == " ")
    return seen.strip(" .")[:NAME_LENGTH]


def harmless_type(said: str) -> str:
    """A media type as it was said, if it looks like one; else ""."""
    return said if re.fullmatch(r"[\w.+-]+/[\w.+-]+", said, re.ASCII) and len(said) <= TYPE_LENGTH else ""
