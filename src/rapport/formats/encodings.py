"""Pure: in which encoding a file of text is written, with the evidence."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from charset_normalizer import from_bytes

from rapport.errors import Refused

#: Encodings that a plan may name, in the order in which pages offer them.
ENCODINGS = (
    "utf-8", "cp1252", "latin-1", "utf-16-le", "utf-16-be", "utf-32", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255",
    "cp1256", "cp1257", "cp1258", "cp874", "mac-roman", "koi8-r", "shift_jis", "euc-jp", "gb18030", "big5", "euc-kr",
    "cp437", "cp850",
)  # fmt: skip
_PIECE = 1024 * 1024
_SAMPLE = 256 * 1024  # bytes of lines beyond ASCII that are looked at where the file is not UTF-8
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
#: Names that charset-normalizer has for those that a plan may name, the unlikely ones left out.
_PLAUSIBLE = {
    "cp1252": "cp1252", "cp1250": "cp1250", "cp1251": "cp1251", "cp1256": "cp1256", "latin_1": "latin-1",
    "mac_roman": "mac-roman", "cp850": "cp850", "koi8_r": "koi8-r", "shift_jis": "shift_jis", "euc_jp": "euc-jp",
    "gb18030": "gb18030", "big5": "big5", "euc_kr": "euc-kr", "cp874": "cp874", "cp1258": "cp1258",
}  # fmt: skip
_WESTERN = ("cp1252", "mac-roman", "cp850", "cp437")
_WESTERN_LANGUAGES = frozenset({"en", "fr", "ht", "es", "pt", "it", "de", "nl", "sw"})
_WESTERN_LETTERS = frozenset("àâäáãåçéèêëíìîïñóòôöõúùûüœæÿßÀÂÁÇÉÈÊËÎÏÍÑÓÒÔÖÚÙÛÜŒ¿¡«»‘’“”–—…°€ºª·•\u00a0")
#: UTF-8 with a few broken bytes is still UTF-8: whole characters for each byte that is none [ours]. So is a file most
#: of whose lines beyond ASCII are: somebody pasted rows of an old file below. Lines of other encodings hardly ever are.
_MOSTLY = 20
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1f]")  # no text has more than a few
_MARKED = re.compile("[\udc80-\udcff]")
_BEYOND = re.compile(r"[^\x00-\x7f]")


@dataclass(frozen=True, slots=True)
class EncodingGuess:
    name: str
    said: str


def guess_encoding(path: Path, languages: Sequence[str] = ()) -> EncodingGuess:
    """The encoding of the whole file. Refused if it is no text at all."""
    with path.open("rb") as file:
        start = file.read(64 * 1024)
    for mark, name in _BOMS:
        if start.startswith(mark):
            return EncodingGuess(name, f"the file begins with the mark of {name.upper()}")
    if wide := _by_nuls(start):
        return EncodingGuess(wide, f"every other byte is zero, as in {wide.upper()}")
    if len(_CONTROLS.findall(start)) > len(start) // 50:
        raise Refused("not_text", "This is no text, whatever its name says. Save the table as CSV or XLSX.")
    return _utf_8(path) or _other(path, languages)


def _by_nuls(start: bytes) -> str:
    """UTF-16 without its mark: of text in Latin letters one half of the bytes is zero, and the other is not."""
    half = max(len(start) // 2, 1)
    even, odd = start[0::2].count(0) / half, start[1::2].count(0) / half
    if even > 0.4 and odd < 0.05:
        return "utf-16-be"
    return "utf-16-le" if odd > 0.4 and even < 0.05 else ""


def _utf_8(path: Path) -> EncodingGuess | None:
    """UTF-8, looked at to the last byte; None if it is not, or hardly."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="surrogateescape")
    good = bad = 0
    example = ""
    with path.open("rb") as file:
        while True:
            piece = file.read(_PIECE)
            text = decoder.decode(piece, final=not piece)
            if not text.isascii():
                wrong = len(_MARKED.findall(text))
                bad += wrong
                good += sum(map(len, _BEYOND.findall(text))) - wrong
                example = example or next((one for one in _BEYOND.findall(text) if not _MARKED.match(one)), "")
            if not piece:
                break
    if not good and not bad:
        return EncodingGuess("utf-8", "only letters that are the same in every encoding (ASCII)")
    shown = f"{example} stands as {example.encode().hex(' ').upper()}" if example else ""
    if not bad:
        return EncodingGuess("utf-8", f"{shown}; all {good:,} letters beyond ASCII are UTF-8 to the last byte")
    if good >= _MOSTLY * bad or _most_lines(path):
        return EncodingGuess(
            "utf-8", f"{shown}; {good:,} letters are UTF-8, {bad:,} bytes are not: their rows are refused"
        )
    return None


def _most_lines(path: Path) -> bool:
    """Whether more than half of the lines beyond ASCII are UTF-8."""
    good = bad = 0
    with path.open("rb") as file:
        while line := file.readline(_PIECE):
            if line.isascii():
                continue
            try:
                line.decode()
                good += 1
            except UnicodeDecodeError:
                bad += 1
    return good > bad


def _other(path: Path, languages: Sequence[str]) -> EncodingGuess:
    sample = _lines_beyond_ascii(path)
    name = _western(sample, languages) or _by_letters(sample)
    text = sample.decode(name, "replace")
    example = next(iter(_BEYOND.findall(text)), "")
    shown = f"{example} stands as {example.encode(name, 'replace').hex(' ').upper()}" if example else ""
    return EncodingGuess(
        name, f"not UTF-8; {shown}, as in {name.upper()}: see whether the letters in the samples are right"
    )


def _lines_beyond_ascii(path: Path) -> bytes:
    lines: list[bytes] = []
    size = 0
    with path.open("rb") as file:
        while size < _SAMPLE and (line := file.readline(8192)):
            if not line.isascii():
                lines.append(line)
                size += len(line)
    return b"".join(lines)


def _western(sample: bytes, languages: Sequence[str]) -> str:
    """An encoding of Western Europe by the letters that its languages use, if the operation speaks one of them."""
    beyond = sum(byte > 127 for byte in sample)
    if not {code.partition("-")[0] for code in languages} & _WESTERN_LANGUAGES or beyond > len(sample) / 5:
        return ""
    scored = []
    for order, name in enumerate(_WESTERN):
        letters = _BEYOND.findall(sample.decode(name, "replace"))
        scored.append((sum(letter in _WESTERN_LETTERS for letter in letters) / max(len(letters), 1), -order, name))
    share, _, name = max(scored)
    return name if share >= 0.9 else ""


def _by_letters(sample: bytes) -> str:
    best = from_bytes(sample, cp_isolation=list(_PLAUSIBLE)).best()
    name = _PLAUSIBLE.get(best.encoding, "") if best else ""
    return name if name in ENCODINGS else "cp1252"
