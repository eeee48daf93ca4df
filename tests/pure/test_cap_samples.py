"""Messages of national systems are read, each with what can be said against it."""

from __future__ import annotations

from collections import Counter

import pytest

from rapport.errors import Refused
from rapport.formats.cap.model import Certainty, Circle, Named, Point, ResponseType
from rapport.formats.cap.reading import read, read_all
from rapport.formats.cap.validation import is_valid, validate
from tests.pure.cap_alerts import GOOD, SAMPLES, good
from tests.pure.test_cap_rules import FIRST_VERSION

SAID = {
    "australia": ("1.2", 2, 0, {"plain-text": 2, "code-empty": 2}),
    "canada_signed": ("1.2", 2, 2, {}),
    "earthquake": ("1.1", 1, 0, {"radius-zero": 1}),
    "no_optional_fields": ("1.1", 0, 0, {"no-info": 1}),
    "signed_by_xmlsec": ("1.2", 1, 1, {"code-empty": 2}),
    "weather": ("1.1", 1, 0, {"code-empty": 2}),
}


def test_no_sample_is_forgotten() -> None:
    assert {path.stem for path in SAMPLES.glob("*.cap")} == set(SAID)


@pytest.mark.parametrize("name", SAID)
def test_every_sample_is_read_and_valid(name: str) -> None:
    version, infos, signatures, said = SAID[name]
    message = read((SAMPLES / f"{name}.cap").read_bytes())
    assert message.alert is not None
    assert (message.version, len(message.alert.infos), message.signatures) == (version, infos, signatures)
    found = validate(message)
    assert Counter(one.rule for one in found) == said
    assert is_valid(found)


def test_what_australia_said() -> None:
    alert = read((SAMPLES / "australia.cap").read_bytes()).alert
    assert alert is not None
    info = alert.infos[0]
    assert info.response_types == (ResponseType.EVACUATE,)
    assert info.certainty is Certainty.OBSERVED
    assert info.areas[0].circles == (Circle(Point(-35.3888, 147.0598), 25.0),)
    assert info.areas[0].geocodes == (Named("http://www.iso.org/iso/country_codes.html", "AU-NSW"),)
    assert alert.sent.isoformat() == "2011-10-05T23:04:00+10:00"


def test_canada_speaks_two_languages_and_each_reader_gets_theirs() -> None:
    alert = read((SAMPLES / "canada_signed.cap").read_bytes()).alert
    assert alert is not None
    assert alert.languages() == ("en-CA", "fr-CA")
    heard = {
        wanted: alert.in_language(*wanted.split())[0].headline for wanted in ("fr-CA", "fr", "en-GB", "ht fr-FR", "sw")
    }
    french, english = "avertissement de neige", "snowfall warning"
    assert heard == {"fr-CA": french, "fr": french, "en-GB": english, "ht fr-FR": french, "sw": english}
    assert len(alert.references) == 9
    assert sum(len(area.geocodes) for area in alert.infos[0].areas) == 36


def test_codes_of_the_first_version_are_read_as_those_of_later_ones() -> None:
    message = read(FIRST_VERSION.format(first="<scope>Public</scope>").encode())
    assert message.alert is not None
    assert message.version == "1.0"
    assert message.alert.infos[0].event_codes == (Named("SAME", "EQW"),)
    assert message.alert.infos[0].certainty is Certainty.LIKELY


def test_what_cannot_be_made_out_is_not_guessed() -> None:
    """No Alert where a listed value is none of the list; where only an optional time cannot be read, one without it."""
    assert read(good(("Severe</severity>", "Terrible</severity>"))).alert is None
    unclear = read(good(("<expires>2010", "<expires>soon, 2010"))).alert
    assert unclear is not None
    assert unclear.infos[0].expires is None


# --- envelopes -----------------------------------------------------------------------------------------------------

INLINE = "<contentObject><xmlContent><embeddedXMLContent>{}</embeddedXMLContent></xmlContent></contentObject>"
LINK = "<contentObject><nonXMLContent><mimeType>{}</mimeType><uri>{}</uri></nonXMLContent></contentObject>"


def envelope(*content: str) -> bytes:
    head = '<EDXLDistribution xmlns="urn:oasis:names:tc:emergency:EDXL:DE:1.0">'
    return f"{head}{''.join(content)}</EDXLDistribution>".encode()


def test_an_envelope_is_opened_and_what_stands_elsewhere_is_named() -> None:
    body = GOOD.split("?>\n", 1)[1]
    document = read_all(envelope(
        INLINE.format(body), INLINE.format(body.replace("Severe<", "Bad<", 1)),
        LINK.format("application/cap+xml", "https://example.org/8.cap"), LINK.format("image/png", "https://example.org/map"),
    ))  # fmt: skip
    first, second = document.messages
    assert first.alert == read(good()).alert
    assert (first.path, first.findings, second.alert) == ("/EDXLDistribution/alert[1]", (), None)
    assert [one.path for one in second.findings] == ["/EDXLDistribution/alert[2]/info[1]/severity"]
    assert document.links == ("https://example.org/8.cap",)


def test_one_message_is_asked_for_and_an_envelope_of_two_is_not_one() -> None:
    body = GOOD.split("?>\n", 1)[1]
    assert read(envelope(INLINE.format(body))).alert == read(good()).alert
    with pytest.raises(Refused) as refused:
        read(envelope())
    assert refused.value.reason == "envelope"
