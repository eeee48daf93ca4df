"""Pure: an e-mail as it came (RFC 5322, MIME) becomes a Message.

Python's older, lenient policy reads it: its newer one raises on headers that strangers write. What cannot be decoded is
shown by a stand-in; the letter itself is kept sealed, byte for byte.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message as Part
from email.policy import Compat32
from email.utils import parseaddr, parsedate_to_datetime

from rapport.errors import Refused
from rapport.intake.channels import wire
from rapport.intake.polling.plain import words
from rapport.reports.attachments import kinds
from rapport.values import EARLIEST, Address, Fetched, GivenFile, Json, Message

#: Bytes of a letter: five files of a report in base64, and its text [ours].
MOST = 40 * 1024 * 1024
MOST_PARTS = 200  # that are looked at; a letter of a person has some dozens at most [ours]
#: Lines that may begin a part: each takes half a kilobyte before it is looked at, and a letter has millions [ours].
MOST_BOUNDARIES = 20_000
#: Characters of a header that are read. The library goes over one that has parameters once for each of them: a million
#: of them would take it hours [ours].
LONGEST_HEADER, LONGEST_PARAMETERS = 100_000, 4_000
LONGEST = 100_000  # characters of a text; more is a file [ours]
LONGEST_PAGE = 2_000_000  # bytes of a text or page that are read for its words, most of a page being markup [ours]
#: Families of character sets in which letters come. Python's others are no character sets, or made for attacks (utf-7).
_CHARSETS = re.compile(
    r"ascii|utf-?(8|16|32)|iso-?(8859|2022)|cp(125|874|866|932|949)|koi8|gb|big5|euc|shift_jis|mac|tis"
)
_QUOTED = re.compile(
    r"^(?:>|-{2,} ?(?:Original Message|Message d'origine|Forwarded message)|-{3,} ?[^-\n]{4,40}-{3,}\s*$|_{20,}\s*$"
    r"|(?:On|Le|Op|Am|El) .{5,200}(?:wrote|a écrit|schreef|schrieb|escribió)(?: [^:\n]{1,80})? ?:\s*$"
    r"|(?:From|Von|De|От|من|发件人) ?[:：].{1,200}\n[^\n:：]{2,20}[:：] )",
    re.MULTILINE,
)
_SIGNATURE = re.compile(r"^-- ?$", re.MULTILINE)  # RFC 3676, 4.3; many programs lose its blank
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})


class _Cut(Compat32):
    """The lenient policy, with an end to each header."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[: LONGEST_PARAMETERS if name.lower().startswith("content-") else LONGEST_HEADER]


def read(raw: bytes) -> Fetched:
    """The message in a letter. Refused(400) for what is too large or nested too deep to be one, and for what the
    library breaks on: a mailbox must never stop at a letter."""
    if len(raw) > MOST:
        raise Refused("too_large", f"A letter has at most {MOST:,} bytes.", status=413)
    if raw.count(b"\n--") > MOST_BOUNDARIES:
        raise Refused("too_many_parts", f"A letter has at most {MOST_BOUNDARIES:,} parts.", status=413)
    try:
        return Fetched(_message(raw), raw)
    except RecursionError as error:
        raise wire.too_deep() from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise Refused("unreadable", "The letter breaks the rules of e-mail: ask for it in another form.") from error


def _message(raw: bytes) -> Message:
    letter: Part = message_from_bytes(raw, policy=_Cut())
    if not letter.keys():
        raise Refused("no_letter", "It has no header of a letter: hand over the whole letter, as it came.")
    parts = list(_leaves(letter))
    body, of = _body(parts)
    subject = _header(letter, "subject")
    text = f"{subject}\n\n{body}" if subject and body else subject or body
    files, left = _files([part for part in parts if part is not of and not _is_text(part)])
    automatic = _automatic(letter)
    return Message(
        text=text[:LONGEST],
        gateway_id=_id(letter, text, raw),
        sender=_sender(letter, automatic),
        sent_at=_date(letter),
        fields=_fields(letter, text, automatic, left),
        files=files,
    )


def _leaves(letter: Part) -> Iterator[Part]:
    """The parts that hold something themselves. A letter within the letter is one: what it holds is somebody else's."""
    waiting, seen = [letter], 0
    while waiting and seen < MOST_PARTS:
        part, seen = waiting.pop(0), seen + 1
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            waiting[:0] = [one for one in part.get_payload() if isinstance(one, Part)]
        else:
            yield part


def _is_text(part: Part) -> bool:
    return part.get_content_maintype() == "text" and not _name(part) and _disposition(part) != "attachment"


def _disposition(part: Part) -> str:
    return str(part.get("content-disposition", "")).partition(";")[0].strip().lower()


def _body(parts: list[Part]) -> tuple[str, Part | None]:
    """The first plain text, else the words of the first page; and the part it is."""
    texts = [part for part in parts if _is_text(part)]
    for part in texts:
        if part.get_content_subtype() != "html" and (text := _text(part).strip()):
            return text.replace("\r\n", "\n"), part
    for part in texts:
        if part.get_content_subtype() == "html" and (text := words(_text(part))):
            return text, part
    return "", None


def _text(part: Part) -> str:
    try:
        charset = str(part.get_content_charset("utf-8"))
    except (ValueError, LookupError):  # NUL in it, or a parameter (RFC 2231) in a set that is none
        charset = "utf-8"
    return _decoded(_bytes(part)[:LONGEST_PAGE], charset)


def _bytes(part: Part) -> bytes:
    """What is in a part, decoded; nothing of what cannot be decoded: the letter itself is kept as it came."""
    try:
        inside = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):  # a broken encoding of the transfer
        inside = None
    return inside if isinstance(inside, bytes) else b""


def _decoded(raw: bytes, charset: str) -> str:
    try:
        name = codecs.lookup(charset).name if charset.isascii() and charset.isprintable() else ""
    except LookupError:
        name = ""
    try:
        return wire.shown(raw, name if _CHARSETS.match(name) else "utf-8")
    except (LookupError, ValueError):
        return wire.shown(raw)


def _header(letter: Part, name: str) -> str:
    """A header as people read it (RFC 2047), in one line."""
    said = str(letter.get(name, ""))
    try:
        pieces = decode_header(said)
    except (HeaderParseError, ValueError):
        pieces = [(said, None)]
    shown = "".join(
        _decoded(piece, charset or "utf-8") if isinstance(piece, bytes) else wire.shown(piece)
        for piece, charset in pieces
    )
    return " ".join(shown.split())[:1_000]


def _id(letter: Part, text: str, raw: bytes) -> str:
    """Message-ID with a digest of the words: the same letter is kept once by whichever way it comes, and nobody can
    keep a letter out by using its id before. Without one, a digest of the letter."""
    said = _header(letter, "message-id").strip("<> ")
    told = text.encode("utf-8", "replace") if said else raw
    return f"{said} {hashlib.blake2b(told, digest_size=16).hexdigest()}"


def _automatic(letter: Part) -> str:
    """Why this letter comes from a program: nobody answers it, so that no two programs answer each other for ever
    (RFC 3834). "" if a person seems to have written it."""
    if (said := _header(letter, "auto-submitted").lower()) and said != "no":
        return f"auto-submitted: {said[:40]}"
    if (said := _header(letter, "precedence").lower()) in _BULK:
        return f"precedence: {said}"
    if letter.get_content_type() == "multipart/report":
        return "a report of delivery"
    if _header(letter, "return-path") == "<>":
        return "a bounce"
    if any(name in letter for name in ("x-autoreply", "x-autorespond", "x-auto-response-suppress")):
        return "an automatic answer"
    return "a mailing list" if any(name in letter for name in ("list-id", "list-unsubscribe")) else ""


def _sender(letter: Part, automatic: str) -> Address | None:
    """Who wrote it, by `From`, which nothing proves. A program is a name: nobody can answer it, not even by hand."""
    address = parseaddr(_header(letter, "from"))[1].strip()
    local, at, domain = address.rpartition("@")
    if not address or len(address) > 254:
        return None
    if not at or not local or automatic or not domain.strip(".") or any(letter.isspace() for letter in address):
        return Address("name", address)
    return Address("email", f"{local}@{domain.lower()}")


def _date(letter: Part) -> datetime | None:
    try:
        said = parsedate_to_datetime(_header(letter, "date"))
        at = said if said.tzinfo else said.replace(tzinfo=UTC)  # -0000: UTC, of a place that is not told
        return at if EARLIEST < at <= datetime.now(UTC) + wire.CLOCK_ERROR else None
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


def _fields(letter: Part, text: str, automatic: str, left: list[str]) -> dict[str, Json]:
    """What a desk needs of the rest. `quoted_at` and `signature_at` say from which character on the text repeats
    another letter, or is a signature: it stands as it came."""
    fields: dict[str, Json] = {"subject": _header(letter, "subject"), "automatic": automatic}
    fields["files_left_out"] = list(left)
    if found := _QUOTED.search(text):
        fields["quoted_at"] = found.start()
    if found := _SIGNATURE.search(text):
        fields["signature_at"] = found.start()
    if len(text) > LONGEST:
        fields["characters"] = len(text)
    return {name: value for name, value in fields.items() if value not in ("", [])}


def _files(parts: list[Part]) -> tuple[tuple[GivenFile, ...], list[str]]:
    """The files that are taken with a report, and why the others are not: the words come in without them."""
    taken: list[GivenFile] = []
    left: list[str] = []
    for part in parts:
        file = GivenFile(_name(part), part.get_content_type(), _bytes(part))
        try:
            kinds.check([*taken, file])
            taken.append(file)
        except Refused as refused:
            left.append(f"{kinds.harmless_name(file.name) or file.content_type}: {refused.reason}")
    return tuple(taken), left[:20]


def _name(part: Part) -> str:
    try:
        return wire.shown(part.get_filename() or "")
    except (ValueError, LookupError, TypeError):
        return ""
