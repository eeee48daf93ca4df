"""Feeds and CAP files of strangers: what is read of them, and that hostile ones do no harm."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.errors import Refused
from rapport.intake.polling import cap_feed, feed, feed_xml
from rapport.intake.polling.feed_xml import Item
from rapport.intake.polling.plain import words

RSS = b"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:georss="http://www.georss.org/georss" xmlns:g="http://www.gdacs.org"><channel><title>Alerts</title>
<item><title>Second &amp; last</title><link>https://example.org/2</link></item>
<item><title>Green earthquake</title><description>&lt;p&gt;Magnitude &lt;b&gt;5.4&lt;/b&gt;&lt;/p&gt;</description>
<link>https://example.org/1</link><guid isPermaLink="false">EQ1</guid><pubDate>Tue, 12 Jan 2010 21:53:00 GMT</pubDate>
<georss:point>18.46 -72.53</georss:point><g:alertlevel>Green</g:alertlevel><category>EQ</category></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>urn:1</id><title type="html">Dlo &amp;lt; 5</title>
<author><name>Biwo</name></author><updated>2010-01-12T16:53:00-05:00</updated>
<link rel="self" href="https://example.org/self"/><link href="https://example.org/page"/>
<link rel="related" type="application/cap+xml" href="https://example.org/1.cap"/>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Nou <b>bezwen</b></p><p>dlo</p></div></content>
</entry></feed>"""
CAP = """<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
<identifier>id-1</identifier><sender>biwo@example.org</sender>
<sent>2010-01-12T16:53:00-05:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
<info><event>Flood</event><headline>Dlo ap monte</headline><description>Kite rivyè a.</description>
<area><areaDesc>Delmas</areaDesc></area></info></alert>""".encode()


def items(body: bytes | str) -> list[Item]:
    return feed_xml.items(feed_xml.tree(body.encode() if isinstance(body, str) else body))


def test_rss_is_read_the_oldest_item_first() -> None:
    quake, last = items(RSS)
    assert (quake.title, quake.text, quake.id) == ("Green earthquake", "Magnitude 5.4", "EQ1")
    assert quake.at == datetime(2010, 1, 12, 21, 53, tzinfo=UTC)
    assert quake.place is not None
    assert (quake.place.lon, quake.place.lat) == (-72.53, 18.46)
    assert dict(quake.rest)["g:alertlevel"] == "Green"
    assert (last.title, last.id) == ("Second & last", "https://example.org/2")


def test_atom_is_read_with_the_link_to_its_cap_file_first() -> None:
    (item,) = items(ATOM)
    assert (item.id, item.title, item.author) == ("urn:1", "Dlo < 5", "Biwo")
    assert item.text.split() == ["Nou", "bezwen", "dlo"]
    assert item.links == ("https://example.org/1.cap", "https://example.org/page")


def test_an_item_becomes_a_message_of_one_voice() -> None:
    message = feed.message(items(RSS)[0], "https://example.org/feed")
    assert message.text == "Green earthquake\n\nMagnitude 5.4"
    assert message.fields["link"] == "https://example.org/1"
    assert message.sender is not None
    assert message.sender.kind == "name"
    assert message.sender.value not in str(message.fields)


def test_changed_words_under_the_same_id_are_another_message() -> None:
    changed = RSS.replace(b"5.4", b"5.9")
    assert len({feed.message(items(body)[0], "https://a").gateway_id for body in (RSS, changed, RSS)}) == 2


def test_a_cap_file_gives_its_words_and_its_identity() -> None:
    message = cap_feed.read(CAP)
    assert message.text == "Dlo ap monte\n\nFlood\n\nKite rivyè a.\n\nDelmas"
    assert message.gateway_id == "id-1,biwo@example.org,2010-01-12T16:53:00-05:00"
    assert message.sent_at == datetime(2010, 1, 12, 21, 53, tzinfo=UTC)
    assert (message.fields["identifier"], message.fields["msgType"]) == ("id-1", "Alert")


CAP_BOMB = b'<!DOCTYPE alert [<!ENTITY a "' + b"x" * 50_000 + b'">]>' + CAP.partition(b"?>")[2]


@pytest.mark.parametrize("body", [b"<alert/>", b"<feed/>", b"", b"{}", RSS, CAP_BOMB, b"<a>" * 100_000])
def test_what_is_no_alert_is_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        cap_feed.read(body)


# --- hostile documents ---------------------------------------------------------------------------------------------

LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (i, b"&l%d;" % (i - 1) * 10) for i in range(1, 12))
BOMB = b'<!DOCTYPE rss [<!ENTITY l0 "lol">' + LAUGHS + b"]><rss><item><title>&l11;</title></item></rss>"
OUTSIDE = b'<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><item><title>&x;</title></item></rss>'
IN_A_VALUE = BOMB.replace(b"<title>&l11;</title>", b'<title a="&l11;"/>')
DEEP = b"<rss>" + b"<item>" * 100_000
DTD = b'<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/rss.dtd"><rss><item><title>a</title></item></rss>'


@pytest.mark.parametrize(
    ("body", "reason"), [(BOMB, "entities"), (OUTSIDE, "entities"), (IN_A_VALUE, "entities"), (DEEP, "too_deep")]
)
def test_a_hostile_document_is_refused_at_once_with_the_reason(body: bytes, reason: str) -> None:
    began = time.monotonic()
    with pytest.raises(Refused) as refused:
        items(body)
    assert refused.value.reason == reason
    assert time.monotonic() - began < 2


def test_a_document_type_of_another_machine_is_never_fetched() -> None:
    assert items(DTD)[0].title == "a"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_the_encoding_that_a_feed_declares_is_believed(encoding: str) -> None:
    body = f'<?xml version="1.0" encoding="{encoding}"?><rss><item><title>Léogâne</title></item></rss>'
    assert items(body.encode(encoding))[0].title == "Léogâne"


def test_of_a_feed_without_end_only_the_first_items_are_read() -> None:
    body = b"<rss>" + b"<item><title>a</title></item>" * 5_000 + b"</rss>"
    assert len(items(body)) == feed_xml.MOST_ITEMS


def test_items_within_items_are_not_kept_once_for_each() -> None:
    """Each is kept with all that stands in it: four megabytes would have become a gigabyte."""
    body = b"<rss><channel>" + b"<item>" * 200 + b"x" * 100_000 + b"</item>" * 200 + b"</channel></rss>"
    assert len(items(body)) == 1


def test_rss_1_has_its_items_beside_the_channel() -> None:
    rdf = b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel/>'
    assert [one.title for one in items(rdf + b"<item><title>a</title></item><item/></r:RDF>")] == ["", "a"]


def test_of_an_item_without_end_so_much_is_read_and_a_document_of_elements_is_refused() -> None:
    body = b"<rss><item>" + b"".join(b"<a%d>b</a%d>" % (n, n) for n in range(1_000)) + b"</item></rss>"
    assert len(items(body)[0].rest) == feed_xml.MOST_FIELDS
    with pytest.raises(Refused, match="elements"):
        items(b"<rss><item>" + b"<a/>" * feed_xml.MOST_ELEMENTS + b"</item></rss>")


PIECES = st.sampled_from(
    ["<rss>", "</rss>", "<item>", "</item>", "<title>", "</title>", "<link>", "</link>", "<pubDate>", "</pubDate>",
     "<point>", "</point>", "<![CDATA[", "]]>", "&lt;", "&#x0;", "<!--", "-->", "18 -72", "nan nan", "<a:b/>",
     "<alert>"]
) | st.text(max_size=8)  # fmt: skip


@given(st.lists(PIECES, max_size=20))
def test_any_document_is_read_or_refused(pieces: list[str]) -> None:
    body = "".join(pieces).encode("utf-8", "replace")
    for whole in (body, b"<rss><item>" + body + b"</item></rss>"):
        try:
            for item in items(whole):
                feed.message(item, "https://example.org").text.encode()
        except Refused:
            continue


# --- markup --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markup", "read"),
    [
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("2 < 3 & 4 > 1", "2 < 3 & 4 > 1"),
        ("<script>alert('<p>x')</script>dlo", "dlo"),
        ("<!-- <p>hidden --> dlo", "dlo"),
        ("<script>never closed <b>dlo</b>", "never closed dlo"),
        ("<a href='https://x.example'>Delmas</a>", "Delmas"),
        ("&#0;&#xD800;&eacute;&nosuch;", "\ufffd\ufffdé&nosuch;"),
        ("&#" + "9" * 5_000 + ";", "&#" + "9" * 5_000 + ";"),
    ],
)
def test_the_words_of_a_page(markup: str, read: str) -> None:
    assert words(markup) == read


@pytest.mark.parametrize("piece", ["<", "<a ", "<!--", "<script>", "<svg><svg>", "<![CDATA[", "&#", "</script"])
def test_broken_markup_takes_no_longer_than_sound_one(piece: str) -> None:
    began = time.monotonic()
    words(piece * (200_000 // len(piece)))
    assert time.monotonic() - began < 3


TAGS = st.sampled_from(["<p>", "</p>", "<br/>", "<script>", "</script>", "<!--", "-->", "&amp;", "<"])


@given(st.lists(TAGS | st.text(max_size=5)))
def test_any_markup_is_read(pieces: list[str]) -> None:
    words("".join(pieces)).encode()
