"""What gateways put on the wire, read without losing anybody's words.

Pure. A text is never refused for its characters: what cannot be stored or decoded is shown by a stand-in, and the
request itself is kept sealed, byte for byte, beside the report.
"""

from __future__ import annotations

import codecs
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.message import Message as HeaderParser
from urllib.parse import unquote_to_bytes

from rapport.errors import Refused
from rapport.values import ANSWERABLE, Address, Answer, Inbound, Json, Outcome

#: More fields than any gateway sends; a request with more is an attack on the parser.
MAX_FIELDS = 200
DEEPEST = 32  # levels of lists and objects within each other: no report needs as many [ours]
NUL_SHOWN = "\u2400"
#: What a channel says as its `proof` when its gateway proves nothing: prefer gateways that do.
NO_PROOF = "nothing beyond the token in the address"
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"

#: How a sender can be reached: the schemes of addresses that gateways and partners use.
SCHEMES = frozenset({"email", "messenger", "name", "rcs", "tel", "telegram", "viber", "whatsapp"})
_NUMBERED = frozenset({"rcs", "tel", "viber", "whatsapp"})  # those whose addresses are phone numbers

_SURROGATE = re.compile("[\ud800-\udfff]")  # half of a character, which no database keeps
_PHONE = re.compile(r"\+?[0-9]{7,15}", re.ASCII)  # E.164 allows 15 digits; shorter ones are short codes
_PHONE_PUNCTUATION = str.maketrans("", "", " \t-.()/\u00a0")
_SECONDS_END = 100_000_000_000  # as seconds the year 5138, as milliseconds 1973: larger numbers are milliseconds
CLOCK_ERROR = timedelta(days=1)  # a phone's clock or zone may be this far ahead [ours]
_ADDRESS_DIGITS = 7  # shorter strings stand in many a field by chance
#: What gateways have been seen to send; Python's other codecs are not for texts from strangers.
_CHARSETS = frozenset({"utf-8", "ascii", "iso8859-1", "iso8859-15", "cp1252"})


def pairs(body: bytes) -> list[tuple[bytes, bytes]]:
    """The names and values of a URL-encoded body, as exact bytes. Refused(400) for more than MAX_FIELDS."""
    parts = [part for part in body.split(b"&") if part]
    if len(parts) > MAX_FIELDS:
        raise Refused("too_many_fields", f"Send at most {MAX_FIELDS} fields in a request.")
    split = (part.replace(b"+", b" ").partition(b"=") for part in parts)
    return [(unquote_to_bytes(name), unquote_to_bytes(value)) for name, _, value in split]


def shown(raw: bytes | str, charset: str = "utf-8") -> str:
    """Text that every database and page can hold: undecodable bytes become U+FFFD, NUL becomes the sign for NUL."""
    text = raw if isinstance(raw, str) else raw.decode(charset, "replace")
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", text)
    return text.replace("\0", NUL_SHOWN)


def charset(content_type: str) -> str:
    """The character set a Content-Type names; UTF-8 where it names none, or one we do not read."""
    parsed = HeaderParser()
    parsed["content-type"] = content_type.replace("\r", "").replace("\n", "")
    try:
        name = codecs.lookup(parsed.get_content_charset("utf-8")).name
    except LookupError:
        return "utf-8"
    return name if name in _CHARSETS else "utf-8"


def fields(inbound: Inbound) -> dict[str, str]:
    """The fields of a form or of a flat JSON object, by name; of repeated names the first counts.

    Refused(415) for another content type, Refused(400) for JSON that is none.
    """
    kind = inbound.content_type.partition(";")[0].strip().lower()
    if inbound.method == "GET":
        return query(inbound)
    if kind in {FORM, ""}:
        return _form(inbound.body, charset(inbound.content_type))
    if kind == JSON:
        return _flat(json_object(inbound.body))
    raise Refused("content_type", f"Send the fields as {FORM} or as {JSON}.", status=415)


def query(inbound: Inbound) -> dict[str, str]:
    """The fields in the address of a request."""
    return _form(inbound.url.partition("?")[2].encode("utf-8", "replace"), "utf-8")


def _form(body: bytes, charset: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pairs(body):
        found.setdefault(shown(name, charset), shown(value, charset))
    return found


def json_object(body: bytes) -> dict[str, Json]:
    """A JSON object; Refused(400) for anything else. Undecodable bytes become U+FFFD, and so do halves of characters
    (`shown` sees to them), which a stricter decoder would refuse."""
    try:
        value: object = json.loads(body.decode("utf-8", "replace"))
    except RecursionError as error:
        raise too_deep() from error
    except ValueError as error:
        raise Refused("unreadable", f"The body is not JSON in UTF-8: {error}.") from error
    if not isinstance(value, dict):
        raise Refused("unreadable", "The body must be one JSON object.")
    if deeper(value, DEEPEST):
        raise too_deep()
    return value


def object_or_empty(body: bytes) -> dict[str, Json]:
    """The JSON object that a gateway answers with; empty where it answers with anything else."""
    try:
        return json_object(body)
    except Refused:
        return {}


def refusal(status: int, headers: Mapping[str, str], why: str) -> Outcome:
    """What the code of an answer that is no success means for a message [ours, from RFC 9110].

    401 and 403 may be a secret that somebody mends, 408, 425, 429 and 503 say themselves that nothing was done; other
    4xx will be the same for ever. After 3xx nothing went, and we follow nobody. Any other 5xx comes from something in
    between that may have passed the message on.
    """
    if status in {401, 403, 408, 425, 429, 503}:
        wait = headers.get("retry-after", "")
        return Outcome("later", why, wait_s=min(3600.0, float(wait)) if wait.isascii() and wait.isdigit() else 0.0)
    return Outcome("failed" if 300 <= status < 500 else "unsure", why)


def deeper(value: object, levels: int) -> bool:
    """Whether lists and objects of decoded JSON lie within each other in more levels than that."""
    if not isinstance(value, (dict, list)):  # asked for each field of each report: a tuple and a loop are faster
        return False
    if levels == 0:
        return True
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, (dict, list)) and deeper(item, levels - 1):
            return True
    return False


def too_deep(field: str = "") -> Refused:
    return Refused("too_deep", f"Nest lists and objects at most {DEEPEST} levels deep.", field=field)


def _flat(value: Mapping[str, Json]) -> dict[str, str]:
    if len(value) > MAX_FIELDS:
        raise Refused("too_many_fields", f"Send at most {MAX_FIELDS} fields in a request.")
    return {shown(name): shown(_as_text(item)) for name, item in value.items() if item is not None}


def _as_text(item: Json) -> str:
    return item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)


def address(raw: str) -> Address:
    """Who sent it. `whatsapp:+509…` keeps its scheme; what is not a phone number is the name of a sender, which
    nobody can answer: "MTN", and short codes, behind which there are machines that answer answers."""
    scheme, _, rest = raw.partition(":")
    kind = scheme.strip().lower()
    if kind not in SCHEMES or not rest.strip():
        kind, rest = "tel", raw
    if kind not in _NUMBERED:
        return Address(kind, rest.strip())
    bare = rest.translate(_PHONE_PUNCTUATION)
    return Address(kind, bare) if _PHONE.fullmatch(bare) else Address("name", rest.strip())


def can_answer(to: Address | None) -> bool:
    """Whether a short text can be sent there."""
    return to is not None and to.kind in ANSWERABLE


def moment(raw: str, now: datetime | None = None) -> datetime | None:
    """A UNIX time in seconds or milliseconds, told apart by size, as UTC. None for what is neither, and for a time in
    the future: a phone with a wrong clock still has something to say, only not when."""
    if not (raw.isascii() and raw.isdigit()) or not 0 < len(raw) <= 14:
        return None
    number = int(raw)
    said = datetime.fromtimestamp(number / 1000 if number >= _SECONDS_END else number, UTC)
    return said if number and said <= (now or datetime.now(UTC)) + CLOCK_ERROR else None


def written(said: str) -> datetime | None:
    """A time in RFC 3339; without a zone it is UTC. None for what cannot be meant."""
    try:
        at = datetime.fromisoformat(said)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return at if at <= datetime.now(UTC) + CLOCK_ERROR and at.year > 1 else None
    except (ValueError, OverflowError):
        return None


def leaves(value: Json, name: str = "", most: int = MAX_FIELDS) -> dict[str, str]:
    """What lies in nested JSON, by the way to it: {"contact": {"name": "a"}} gives contact.name. Refused(400) for more
    than `most`; what is null is left out. Only for what `json_object` gave, which is not too deep."""
    found: dict[str, str] = {}
    _gather(value, name, most, found)
    return found


def _gather(value: Json, name: str, most: int, found: dict[str, str]) -> None:
    if isinstance(value, (dict, list)):
        inside = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in inside:
            _gather(item, f"{name}.{key}" if name else str(key), most, found)
    elif value is not None:
        if len(found) >= most:
            raise Refused("too_many_fields", f"Send at most {most} fields in a request.")
        found.setdefault(shown(name), shown(_as_text(value)))


def rest(values: Mapping[str, str], leave_out: Iterable[str], sender: Address) -> dict[str, Json]:
    """The fields nobody used, without the named ones and without any that holds the sender's address."""
    out = set(leave_out)
    return {name: value for name, value in values.items() if name not in out and not _holds(value, sender)}


def _holds(value: str, sender: Address) -> bool:
    digits = sender.value.lstrip("+")
    return sender.kind != "name" and len(digits) >= _ADDRESS_DIGITS and digits in value.translate(_PHONE_PUNCTUATION)


def required(values: Mapping[str, str], name: str) -> str:
    """A field that must be there and not be empty; Refused(400) names it."""
    value = values.get(name, "").strip()
    if not value:
        raise Refused("missing_field", f"Send the field {name!r}.", field=name)
    return value


def secret(settings: Mapping[str, str], name: str) -> str:
    """A secret of the source. Refused(503) if none is set yet: an empty one would let everybody in, and once it is set
    the gateway's next try brings the message."""
    value = settings.get(name, "")
    if not value:
        raise Refused("not_set_up", f"Set {name!r} of this source; until then it takes nothing.", status=503)
    return value


def same(given: str, expected: str) -> bool:
    """Whether two secrets are the same, in a time that does not tell how much of them is."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def plain(refused: Refused) -> Answer:
    """A refusal as a line of text."""
    return Answer(refused.status, f"{refused}\n".encode(), "text/plain; charset=utf-8")
