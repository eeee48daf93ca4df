"""Files that fight back are refused with the reason, or read within bounds; nothing is opened, fetched or expanded."""

from __future__ import annotations

import random
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rapport.errors import Refused
from rapport.formats.cap import parsing, signature
from rapport.formats.cap.finding import Unwritable
from rapport.formats.cap.reading import read, read_all
from rapport.formats.cap.repair import repaired
from rapport.formats.cap.validation import Profile, validate
from rapport.formats.cap.writing import write
from tests.pure.cap_alerts import GOOD, SAMPLES, good
from tests.pure.test_cap_rules import NOW, RING, ring

PROFILES: tuple[Profile, ...] = ("google", "ifrc")
HEAD = '<?xml version="1.0"?>'
ALERT = GOOD.split("?>\n", 1)[1]
LAUGHS = "".join(f'<!ENTITY l{at} "{f"&l{at - 1};" * 10}">' for at in range(1, 12))
CAP = 'xmlns="urn:oasis:names:tc:emergency:cap:1.2"'

REFUSED = {
    "nothing": ("empty", b""),
    "white space": ("empty", b" \n\t "),
    "no XML": ("not-xml", b"Evacuate now!"),
    "JSON": ("not-xml", b'{"alert": {}}'),
    "cut off": ("not-xml", GOOD[:900].encode()),
    "a billion laughs": ("doctype", f'{HEAD}<!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]><a {CAP}>&l11;</a>'.encode()),
    "a billion laughs in an attribute": (
        "doctype", f'{HEAD}<!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]><a b="&l11;">x</a>'.encode(),
    ),
    "one long entity, often": (
        "doctype", f'{HEAD}<!DOCTYPE a [<!ENTITY l "{"ha" * 50_000}">]><a>{"&l;" * 50_000}</a>'.encode(),
    ),
    "a file of this machine": (
        "doctype", f'{HEAD}<!DOCTYPE alert [<!ENTITY f SYSTEM "file:///etc/passwd">]>{ALERT}'
        .replace("Strong", "&f;").encode(),
    ),
    "a page of the network": (
        "doctype", f'{HEAD}<!DOCTYPE alert SYSTEM "http://192.0.2.1/cap.dtd">{ALERT}'.encode(),
    ),
    "a parameter entity": (
        "doctype", f'{HEAD}<!DOCTYPE alert [<!ENTITY % p SYSTEM "http://192.0.2.1/p">%p;]>{ALERT}'.encode(),
    ),
    "a harmless document type": ("doctype", f"{HEAD}<!DOCTYPE alert>{ALERT}".encode()),
    "a document type in UTF-16": ("doctype", f"<!DOCTYPE alert>{ALERT}".encode("utf-16")),
    "an entity that nobody declared": ("not-xml", good(("Strong", "&strong;"))),
    "a thousand levels": ("too-deep", ("<a>" * 1000 + "</a>" * 1000).encode()),
    "thirty levels": ("too-deep", good(("<info>", f"<info>{'<a>' * 30}{'</a>' * 30}"))),
    "a million levels, unclosed": ("too-deep", b"<a>" * 1_000_000),
    "a million elements": ("too-many-elements", f"<alert {CAP}>{'<a/>' * 900_000}</alert>".encode()),
    "ten megabytes": ("too-large", good(("Strong", "x" * 10_000_000))),
    "Latin-1 that calls itself UTF-8": ("not-xml", GOOD.encode("latin-1")),
    "an encoding that nobody has": ("not-xml", GOOD.replace("UTF-8", "klingon").encode()),
    "a zero byte": ("not-xml", good(("Strong", "Str\0ng"))),
    "a control character": ("not-xml", good(("Strong", "&#7;"))),
    "an HTML page": ("not-cap", b"<html><body>404</body></html>"),
    "another namespace": ("not-cap", b'<alert xmlns="urn:other"/>'),
    "no namespace": ("not-cap", b"<alert/>"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_file_is_refused_with_its_reason_and_soon(name: str) -> None:
    reason, data = REFUSED[name]
    begun = time.process_time()
    with pytest.raises(Refused) as refused:
        read_all(data)
    assert refused.value.reason == reason
    assert len(refused.value.remedy) < 300
    assert "root:" not in refused.value.remedy
    assert time.process_time() - begun < 2


def test_nothing_outside_is_opened(tmp_path: Path) -> None:
    """Were the entity ever resolved, the words of the file would stand in the message or in the remedy."""
    (tmp_path / "secret").write_text("the words of the file")
    data = f'{HEAD}<!DOCTYPE alert [<!ENTITY f SYSTEM "file://{tmp_path}/secret">]>{ALERT}'.replace("Strong", "&f;")
    with pytest.raises(Refused) as refused:
        read_all(data.encode())
    assert "the words" not in str(refused.value)
    assert parsing.parse(GOOD.encode()) is not None


READ = {
    "UTF-16": GOOD.replace("UTF-8", "UTF-16").encode("utf-16"),
    "UTF-16 that calls itself UTF-8": GOOD.encode("utf-16-le"),
    "UTF-16 without a declaration": ALERT.encode("utf-16"),
    "Latin-1 that says so": GOOD.replace("UTF-8", "ISO-8859-1").encode("latin-1"),
    "a byte order mark": b"\xef\xbb\xbf" + GOOD.encode(),
    "another prefix": GOOD.replace("<alert xmlns=", "<x:alert xmlns:x=").replace("<", "<x:").replace("<x:/", "</x:")
    .replace("<x:?", "<?").replace("<x:x:", "<x:").encode(),
    "CDATA": good(("Strong aftershocks near Léogâne", "<![CDATA[Strong aftershocks near Léogâne]]>")),
    "the words of a document type in CDATA": good(("Geo</category>", "<![CDATA[Geo]]></category>")),
    "comments": good(("Strong after", "Strong<!-- <!DOCTYPE --> after")),
    "a style sheet": good(("<alert", "<?xml-stylesheet href='http://192.0.2.1/s.xsl' type='text/xsl'?><alert")),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_what_only_looks_odd_is_read(name: str) -> None:
    assert read(READ[name]).alert == read(good()).alert
    assert read(READ[name]).findings == ()


def comb(points: int) -> str:
    """A ring whose edges all share their longitudes: each has to be held against each."""
    return " ".join(f"{at / 1000},{1 + at % 2 * 80}" for at in range(points))


SIGNATURE = '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/>'
ATTRIBUTES = " ".join(f'a{at}="1"' for at in range(10_000))
NAMESPACES = " ".join(f'xmlns:a{at}="urn:{at}"' for at in range(10_000))

HEAVY = {
    "a description of three megabytes": good(("Strong", "&lt;" * 750_000)),
    "tags without an end": good(("of magnitude 5", "&lt;a" * 500_000)),
    "a hundred thousand points": good(ring(" ".join(f"{at % 90},{at % 180}" for at in range(100_000)))),
    "a comb of points": good(ring(comb(40_001))),
    "fifty combs": good((f"<polygon>{RING}</polygon>", f"<polygon>{comb(1_001)}</polygon>" * 50)),
    "a number of a million digits": good(("<size>5", "<size>" + "9" * 1_000_000)),
    "a coordinate of a million digits": good(ring("1" * 1_000_000 + ",2")),
    "a time of a million digits": good(("<onset>2010", "<onset>" + "2" * 1_000_000)),
    "a value of a megabyte where there are five": good(("<severity>Severe", "<severity>" + "Severe " * 150_000)),
    "ten thousand infos": f"<alert {CAP}>{'<info/>' * 10_000}</alert>".encode(),
    "ten thousand attributes": good(("<event>", f"<event {ATTRIBUTES}>")),
    "ten thousand namespaces": good(("<event>", f"<event {NAMESPACES}>")),
    "sixty thousand references": good(("01-19T06:00:00-05:00", "01-19T06:00:00-05:00 a," * 60_000)),
    "quotes without end": good(("</references>", "</references><incidents>" + '" ' * 500_000 + "</incidents>")),
    "a name of a megabyte": good(("<event>", f"<{'e' * 1_000_000}/><event>")),
    "elements close to CAP's": good(("<info>", "".join(f"<event{at}/>" for at in range(20_000)) + "<info>")),
    "thousands of signatures": good(("</info>\n</alert>", f"</info>{SIGNATURE * 10_000}</alert>")),
}  # fmt: skip


SLOWEST = {"a hundred thousand points", "a comb of points"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] if name in SLOWEST else []) for name in HEAVY]
)
def test_a_heavy_file_takes_no_longer_than_it_may(name: str) -> None:
    """For at most four megabytes, everything that is done with it; thrice what the slowest took at first."""
    data = HEAVY[name]
    assert len(data) <= parsing.MOST_BYTES
    begun = time.process_time()
    everything(data, "google")
    assert time.process_time() - begun < 6


@pytest.mark.soak
@pytest.mark.parametrize("name", HEAVY)
def test_a_heavy_file_takes_no_more_memory_than_it_may(name: str) -> None:
    tracemalloc.start()
    try:
        everything(HEAVY[name], "google")
        assert tracemalloc.get_traced_memory()[1] < 150_000_000
    finally:
        tracemalloc.stop()


def everything(data: bytes, *profiles: Profile) -> None:
    """All that rapport does with a message of a stranger."""
    try:
        messages = read_all(data).messages
    except Refused:
        return
    for message in messages:
        for profile in profiles or PROFILES:
            for one in validate(message, profile, NOW, (18, -75, 21, -71)):
                assert one.as_json()
                assert len(one.in_words()) < 1000
        if message.alert is None:
            continue
        signature.check(message, {message.alert.sender: signature.Anchor((), sha1=True)}, NOW)
        alert, _ = repaired(message.alert)
        try:
            written = write(alert)
        except Unwritable:
            continue
        assert read(written).alert is not None


# --- inputs that nobody thought of ---------------------------------------------------------------------------------

SEEDS = [GOOD.encode(), *(path.read_bytes() for path in sorted(SAMPLES.glob("*.cap")))]
PIECES = [
    b"<", b">", b"/>", b"&amp;", b"]]>", b"<![CDATA[", b'"', b"\0", b"\xff", b"<info>", b"</info>", b",", b"-",
    b"9" * 50,
    b"<!--", SIGNATURE.encode(), b"<polygon>1,1 2,2</polygon>",
]  # fmt: skip


def mangled(seed: int) -> bytes:
    """A message with bytes changed, cut out, doubled, or pieces of XML put in."""
    chance = random.Random(seed)
    data = bytearray(chance.choice(SEEDS))
    for _ in range(chance.randint(1, 6)):
        at, to = sorted((chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)))
        match chance.randrange(5):
            case 0 if data:
                data[chance.randrange(len(data))] = chance.randrange(256)
            case 1:
                del data[at : min(to, at + 40)]
            case 2:
                data[at:at] = data[at : min(to, at + 400)]
            case 3:
                data[at:at] = chance.choice(PIECES)
            case _:
                text = bytes(data).decode("utf-8", "replace")
                words = text.split()
                if words:
                    data = bytearray(text.replace(chance.choice(words), chance.choice(words), 1).encode())
    return bytes(data)


@given(st.integers(0, 2**40))
@settings(max_examples=150)
@example(0)
def test_no_mangled_message_brings_the_reader_down(seed: int) -> None:
    everything(mangled(seed))


@given(st.binary(max_size=300))
@settings(max_examples=100)
def test_no_bytes_bring_the_reader_down(data: bytes) -> None:
    everything(data)
    everything(f"<alert {CAP}>".encode() + data + b"</alert>")


@pytest.mark.long
def test_thousands_of_mangled_messages_and_the_slowest_takes_little() -> None:
    slowest = 0.0
    for seed in range(10_000):
        data = mangled(seed)
        begun = time.process_time()
        everything(data)
        slowest = max(slowest, time.process_time() - begun)
    assert slowest < 0.5
