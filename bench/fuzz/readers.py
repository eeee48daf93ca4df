"""Every reader of what strangers send, as a function of bytes, with whole files to damage.

A reader returns, or raises what it documents: Refused, and for an answer of another machine Unanswered.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from importlib import import_module
from pathlib import Path

import xlsxwriter
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rapport import plugins
from rapport.contacts import bundle, envelope, signed
from rapport.contacts.kinds import Kind, Said
from rapport.contacts.signed import Peer
from rapport.errors import Refused
from rapport.formats.cap import reading
from rapport.formats.cap.repair import repaired
from rapport.formats.cap.validation import validate
from rapport.formats.hxl import read as hxl
from rapport.formats.hxl.schema import parse_schema
from rapport.formats.hxl.validate import validate as hxl_validate
from rapport.intake.channels.samples import Samples
from rapport.intake.imports import xlsform
from rapport.intake.imports.about import Context
from rapport.intake.imports.guess import propose
from rapport.intake.imports.judge import judging
from rapport.intake.imports.reading import prepare, rows
from rapport.intake.polling import cap_feed, feed, letter, mastodon, plain
from rapport.intake.polling.fetch import Unanswered
from rapport.oversight.ledger.chain import START
from rapport.registry.crosswalk import table as listing
from rapport.registry.forms import exchange
from rapport.registry.forms.file import read as questionnaire
from rapport.registry.forms.file import text_of
from rapport.registry.forms.model import Sheet
from rapport.values import Box, CategoryName, Inbound, Json, Page

DATA = Path(__file__).resolve().parents[2] / "tests" / "data"
DOCUMENTED = (Refused, Unanswered)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ABOUT = Context(
    zone="America/Port-au-Prince",
    now=NOW,
    languages=("ht", "fr", "en"),
    box=Box(-74.6, 17.9, -71.5, 20.2),
    labels={"Dlo | Water": "2b"},
    categories=(CategoryName("2b", {"en": "Water", "fr": "Eau", "ht": "Dlo"}),),
)


@dataclass(frozen=True, slots=True)
class Reader:
    """`seeds`: whole files; `words`: pieces that mean something to this reader."""

    read: Callable[[bytes], object]
    seeds: Callable[[], list[bytes]]
    words: tuple[bytes, ...]


@contextmanager
def _file(data: bytes) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        yield Path(file.name)


# --- tables --------------------------------------------------------------------------------------------------------


def read_hxl(data: bytes) -> None:
    with _file(data) as path:
        table = hxl.read(path)
        table.rows.collect()
        hxl_validate(table)
        with suppress(Refused):  # hardly any table is a schema
            parse_schema(table)


def read_import(data: bytes) -> None:
    """From the bytes to a verdict on each row, as an import does it."""
    with _file(data) as path, tempfile.NamedTemporaryFile() as into:
        ready = prepare(path, Path(into.name))
        plan = propose(ready, ABOUT).plan
        judge = judging(plan, ABOUT)
        for row in rows(ready, plan):
            judge(row)


def read_form(data: bytes) -> None:
    with _file(data) as path:
        xlsform.toml(xlsform.read(path))


def read_listing(data: bytes) -> None:
    with _file(data) as path:
        listing.table(path)


def _listings() -> list[bytes]:
    table = 'code,label,Lead\r\nWSH,Water and hygiene,UNICEF\r\nEDU,"Éducation, écoles",\r\n1,\'=1+1,WHO\r\n'
    return [table.encode(), table.replace(",", ";").encode("cp1252"), table.replace(",", "\t").encode("utf-16")]


def _csv() -> list[bytes]:
    found = [path.read_bytes()[:6_000] for path in sorted((DATA / "hxl").glob("*.csv"))]
    table = "id,date,lat,lon,category,text\r\n" + "".join(
        f'{n},2010-01-{n:02} 10:00,18.54,-72.34,Water,"Nou bezwen dlo, kay {n} kraze"\r\n' for n in range(10, 20)
    )
    tagged = "Lieu;Atteints\r\n#adm1+name;#reached\r\nOuest;1 200\r\nLéogâne;80\r\n"
    return [
        *found, table.encode(), table.encode("utf-16"), table.replace("kay", "kâÿ").encode("cp1252"),
        tagged.encode(), tagged.encode("cp1252"), tagged.encode("utf-16-le"),
        "日付,本文\r\n2010-01-14,水が必要\r\n".encode("shift_jis"),
    ]  # fmt: skip


def _json() -> list[bytes]:
    objects = [{"#org": "WFP", "#reached": 5, "#adm1+name": "Ouest"}, {"#org": "é", "#x": [1, {"a": None}]}]
    table = [["Org", "Reached"], ["#org", "#reached"], ["WFP", 1e300], [None, True]]
    return [json.dumps(one).encode() for one in (objects, table)]


def _lines() -> list[bytes]:
    plain_row = {"id": "1", "text": "dlo", "place": {"lon": -72.3, "lat": 18.5}, "sent_at": "2010-01-14T10:00:00Z"}
    toot = {"uri": "https://a/1", "content": "<p>dlo</p>", "account": {"acct": "a"}, "visibility": "public",
            "created_at": "2010-01-14T10:00:00Z"}  # fmt: skip
    tweet = {"id_str": "1", "full_text": "dlo", "user": {"screen_name": "a"}, "coordinates": {"coordinates": [-72, 18]},
             "created_at": "Thu Jan 14 10:00:00 +0000 2010"}  # fmt: skip
    return ["\n".join([json.dumps(one)] * 4).encode() for one in (plain_row, toot, tweet)]


def _workbook() -> list[bytes]:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        sheet = book.add_worksheet("Reports")
        sheet.merge_range(0, 0, 0, 3, "Situation")
        sheet.write_row(1, 0, ["id", "date", "#reached", "text"])
        sheet.write_row(2, 0, ["#meta+id", "#date", "#reached", "#description"])
        for row in range(3, 9):
            sheet.write_row(row, 0, [row, "2010-01-14", 18.5, f"Nou bezwen dlo {row}"])
        sheet.write_formula(4, 2, "=1/0", None, "#DIV/0!")
    return [made.getvalue()]


def _form() -> list[bytes]:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        survey, choices = book.add_worksheet("survey"), book.add_worksheet("choices")
        for at, row in enumerate([
            ("type", "name", "label::Kreyòl (ht)", "hint", "constraint"), ("integer", "people", "Moun", "", ". >= 0"),
            ("select_multiple needs", "needs", "Bezwen", "", ""), ("begin repeat", "house", "", "", ""),
            ("text", "who", "Ki moun", "", ""), ("end repeat", "", "", "", ""),
        ]):  # fmt: skip
            survey.write_row(at, 0, row)
        for at, row in enumerate(
            [("list_name", "name", "label"), ("needs", "water", "Dlo"), ("needs", "tent", "Tant")]
        ):
            choices.write_row(at, 0, row)
    return [made.getvalue()]


FORM = questionnaire(text_of("crisis-information"))


def read_answers_json(data: bytes) -> None:
    exchange.from_json(FORM, data)


def read_answers_xlsx(data: bytes) -> None:
    exchange.from_xlsx(FORM, data)


def _answers() -> Sheet:
    given: dict[str, Json] = {
        "ia.leadership": 2,
        "ia.leadership.evidence": [{"what": "é\r\n=1+1", "where": "p. 7"}],
        "ia.steps": 0,
    }
    return Sheet(FORM.slug, FORM.version, FORM.digest, "Sample", "self", "R1", "", given, "_x000D_")


# --- XML, pages and letters ----------------------------------------------------------------------------------------


def read_cap(data: bytes) -> None:
    for message in reading.read_all(data).messages:
        for profile in ("google", "ifrc"):
            validate(message, profile, NOW, (18, -75, 21, -71))  # type: ignore[arg-type]
        if message.alert is not None:
            repaired(message.alert)


def read_feed(data: bytes) -> None:
    for poll in (feed.poll, cap_feed.poll):
        list(poll({"url": "https://example.org/feed"}, {}, _Web(data)))


def read_cap_file(data: bytes) -> None:
    cap_feed.read(data)


def read_letter(data: bytes) -> None:
    """`unreadable` is the net below the reader: what falls into it is a fault all the same."""
    try:
        letter.read(data)
    except Refused as refused:
        if refused.reason == "unreadable":
            raise AssertionError("the net held") from refused


def read_page(data: bytes) -> None:
    plain.words(data.decode("utf-8", "replace"))


def read_mastodon(data: bytes) -> None:
    for of in ("@a@example.org", "#dlo"):
        with suppress(Unanswered):
            list(mastodon.poll({"server": "https://example.org", "of": of}, {}, _Web(data)))


class _Web:
    """Another machine that answers everything with the same bytes."""

    inside: frozenset[str] = frozenset()

    def __init__(self, body: bytes) -> None:
        self._body = body

    def get(self, url: str, headers: Mapping[str, str], most: int) -> Page:
        if len(self._body) > most:
            raise Unanswered("too much")
        return Page(200, {}, self._body, url)


def _cap() -> list[bytes]:
    found = [path.read_bytes() for path in sorted((DATA / "cap").glob("*.cap"))]
    alert = found[0].partition(b"?>")[2]
    edxl = b'<EDXLDistribution xmlns="urn:oasis:names:tc:emergency:EDXL:DE:1.0"><contentObject><%s></contentObject>'
    inline = edxl % (b"xmlContent><embeddedXMLContent>" + alert + b"</embeddedXMLContent></xmlContent")
    return [*found, inline + b"</EDXLDistribution>"]


def _feeds() -> list[bytes]:
    geo = 'xmlns:georss="http://www.georss.org/georss" xmlns:geo="http://www.w3.org/2003/01/geo/wgs84_pos#"'
    rss = (
        f'<?xml version="1.0"?><rss version="2.0" {geo}><channel><title>n</title><item><title>Green earthquake</title>'
        "<description>&lt;p&gt;Magnitude 5.4&lt;/p&gt;</description><link>https://example.org/1</link><guid>a1</guid>"
        "<pubDate>Tue, 12 Jan 2010 21:53:00 GMT</pubDate><georss:point>18.5 -72.3</georss:point></item></channel></rss>"
    )
    atom = (
        f'<feed xmlns="http://www.w3.org/2005/Atom" {geo}><entry><id>urn:1</id><title type="html">a&amp;lt;b</title>'
        '<updated>2010-01-12T21:53:00Z</updated><link rel="enclosure" type="application/cap+xml" href="https://a/1"/>'
        '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>dlo</p></div></content>'
        "<geo:lat>18.5</geo:lat><geo:long>-72.3</geo:long></entry></feed>"
    )
    held = rss.encode().replace(b"</item>", (_cap()[0].partition(b"?>")[2]) + b"</item>")
    return [rss.encode(), atom.encode(), rss.replace("1.0", '1.0" encoding="utf-16', 1).encode("utf-16"), held]


def _letters() -> list[bytes]:
    plain_one, mixed = EmailMessage(), EmailMessage()
    for mail in (plain_one, mixed):
        mail["From"], mail["Subject"], mail["Message-ID"] = "Rose <rose@example.org>", "Dlo pou Léogâne", "<1@a>"
        mail["Date"] = "Tue, 12 Jan 2010 21:53:00 -0500"
        mail.set_content("Nou bezwen dlo nan Delmas 33.\n\n-- \nRose\n\nOn Monday Jan wrote:\n> kay")
    mixed.add_alternative("<p>Nou bezwen <b>dlo</b></p><script>x</script>", subtype="html")
    mixed.add_attachment(_workbook()[0][:3_000], "application", "zip", filename="é.zip")
    mixed.add_attachment(b"\x89PNG\r\n\x1a\n" + bytes(40), "image", "png", filename="a.png")
    raw = b"From: =?utf-8?q?=C3=A9?= <a@b>\r\nSubject: =?iso-8859-1?b?6Q==?=\r\nContent-Type: text/plain;" \
          b" charset*=utf-8''latin-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nL=E9og=\r\nane"  # fmt: skip
    return [plain_one.as_bytes(), mixed.as_bytes(), raw]


def _pages() -> list[bytes]:
    return [b"<html><head><title>x</title></head><body><h1>A</h1><!-- b --><p>c &amp; &#233;<br>d<table><tr><td>e</td>"
            b"</tr></table><script>f</script></body></html>"]  # fmt: skip


def _posts() -> list[bytes]:
    post = {"id": "109", "uri": "https://example.org/a/109", "content": "<p>dlo</p>", "visibility": "public",
            "created_at": "2010-01-14T10:00:00Z", "account": {"acct": "a"}, "tags": [{"name": "dlo"}],
            "media_attachments": [{"url": "https://example.org/1.jpg"}], "language": "ht"}  # fmt: skip
    return [json.dumps([post, {**post, "id": "110", "reblog": post}]).encode(), json.dumps({"id": "7"}).encode()]


# --- channels ------------------------------------------------------------------------------------------------------


def read_channel(name: str) -> Callable[[bytes], None]:
    """All that is done with a request before it is kept; each body as JSON and as a form."""
    channel, way_out, made = plugins.channel(name), plugins.way_out(name), _samples(name)
    sample = made.request("https://example.org/in/x/y/", b"dlo", sender="+50955500123", id="1")

    def read(data: bytes) -> None:
        for kind in ("application/json", "application/x-www-form-urlencoded"):
            inbound = replace(sample, body=data, content_type=kind)
            for step in (channel.verify, channel.parse):
                _allowed(step, inbound, made.settings)
            if way_out is not None:
                _allowed(lambda given, _: way_out.asked(given), inbound, made.settings)
        if way_out is not None and way_out.read is not None:
            way_out.read(200, {}, data)

    return read


def _allowed(step: Callable[[Inbound, Mapping[str, str]], object], inbound: Inbound, given: Mapping[str, str]) -> None:
    try:
        step(inbound, given)
    except DOCUMENTED:
        return


def _samples(name: str) -> Samples:
    found = import_module(f"{plugins.CHANNELS[name]}.samples").SAMPLES
    assert isinstance(found, Samples)
    return found


def _requests(name: str) -> Callable[[], list[bytes]]:
    def made() -> list[bytes]:
        request = _samples(name).request
        bodies = [
            request("https://a/in/x/y/", text, sender="+50955500123", id="1").body for text in (b"dlo", b"\xe9\0")
        ]
        return [*bodies, b'{"from": "+509", "text": "dlo", "results": {"a": {"value": 1}}, "x": [[{}]]}']

    return made


XML = (
    b"<", b"</", b"/>", b"<![CDATA[", b"]]>", b"<!--", b"&amp;", b"&#x0;", b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b'="',
    b"xmlns:a='b'",
)  # fmt: skip
JSON = (b"[", b"]", b"{", b"}", b'"', b":", b",", b"null", b"1e999", b"-0", b"\\ud800", b"\\u0000", b"NaN", b"9" * 400)
CSV = (
    b'"', b"'", b",", b";", b"\t", b"\r", b"\n", b"\0", b"\xef\xbb\xbf", b"\xff\xfe", b"\xe9", b"#org", b"sep=;\n",
    b"31/12/2010", b"=1+1", b"#N/A",
)  # fmt: skip
MIME = (
    b"\r\n", b"=?utf-8?q?", b"?=", b"; charset=", b"boundary=", b"--", b"Content-Type: multipart/mixed", b"\0", b"*0*=",
    b"a=b; ",
)  # fmt: skip
ZIP = (
    b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"\xff\xff\xff\xff", b"\0\0",
    b'<c r="A1" t="e"><v>#N/A</v></c>', b"UTF-9", b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
)  # fmt: skip

# --- what another instance signed -----------------------------------------------------------------------------------

INSTANCE_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PEER = Peer((INSTANCE_KEY.public_key().public_bytes_raw(),), frozenset({"EE"}))
PING = Said(
    ref="DAX7-01",
    case="DAX7",
    kind=Kind.PING,
    sender="EE/technical",
    to="HT/technical",
    at=NOW,
    fields={"token": "4711", "campaign": "spring", "deadline": "2026-01-03T12:00Z"},
)


def _envelope() -> bytes:
    return envelope.sealed(
        PING, sender="rapport.ee", receiver="rapport.ht", number=1, prev=START, sent_at=NOW, key=INSTANCE_KEY
    )


def _bodies() -> list[bytes]:
    return [json.dumps(json.loads(_envelope())["body"]).encode()]


def read_message(data: bytes) -> object:
    """The damaged body as the other side signs it: its signature holds."""
    with suppress(ValueError, RecursionError):
        data = signed.signed(json.loads(data), INSTANCE_KEY)
    return envelope.opened(data, peers={"rapport.ee": PEER}, me="rapport.ht", now=NOW)


def read_bundle(data: bytes) -> object:
    lines = bundle.unbundle(data).lines
    return bundle.taken_up(lines, peers={"rapport.ee": PEER}, me="rapport.ht", kept={}, now=NOW)


READERS: Mapping[str, Reader] = {
    "message": Reader(read_message, _bodies, (*JSON, b'"number": 1', b'"X-DAX7"', b'"exercise": true')),
    "bundle": Reader(read_bundle, lambda: [bundle.bundle([_envelope()] * 3)], (*JSON, b"\n")),
    "hxl-csv": Reader(read_hxl, _csv, CSV),
    "hxl-json": Reader(read_hxl, _json, JSON),
    "hxl-xlsx": Reader(read_hxl, _workbook, ZIP),
    "cap": Reader(read_cap, _cap, XML),
    "import-csv": Reader(read_import, _csv, CSV),
    "import-ndjson": Reader(read_import, _lines, JSON),
    "import-xlsx": Reader(read_import, _workbook, ZIP),
    "xlsform": Reader(read_form, _form, ZIP),
    "answers-json": Reader(read_answers_json, lambda: [exchange.to_json(FORM, _answers())], (*JSON, b'"ia.steps": 9')),
    "answers-xlsx": Reader(read_answers_xlsx, lambda: [exchange.to_xlsx(FORM, _answers())], ZIP),
    "listing": Reader(read_listing, _listings, (*CSV, b"code", b"label")),
    "feed": Reader(read_feed, _feeds, XML),
    "cap-feed": Reader(read_cap_file, _cap, XML),
    "mastodon": Reader(read_mastodon, _posts, JSON),
    "letter": Reader(read_letter, _letters, MIME),
    "page": Reader(read_page, _pages, (*XML, b"<script>", b"</script>", b"&#99999999999;", b"<p ")),
    **{
        name: Reader(read_channel(name), _requests(name), (*JSON, b"&", b"%00", b"=", b"from", b"text", b"+", b"%"))
        for name in plugins.CHANNELS
    },
}
