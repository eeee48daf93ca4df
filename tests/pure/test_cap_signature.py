"""A signature counts where a key that was pinned for the sender made it, over the whole message, while it was good."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from rapport.formats.cap.reading import read
from rapport.formats.cap.signature import Anchor, Checked, certificates, check
from rapport.formats.cap.signing import sign
from rapport.formats.cap.validation import validate
from rapport.formats.cap.writing import write
from tests.pure.cap_alerts import SAMPLES, good

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SENDER = "alerts@example.org"
BEGUN, OVER = datetime(2009, 1, 1, tzinfo=UTC), datetime(2012, 1, 1, tzinfo=UTC)  # GOOD was sent in 2010


@cache
def key(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def certificate(
    name: str, issuer: str = "", begun: datetime = BEGUN, over: datetime = OVER, authority: bool = False
) -> x509.Certificate:
    """Of the key of that name; issued by itself or by the key of another."""

    def called(one: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, one)])

    by = key(issuer or name)
    builder = (
        x509.CertificateBuilder().subject_name(called(name)).issuer_name(called(issuer or name))
        .public_key(key(name).public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(begun).not_valid_after(over)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key(name).public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(not authority, False, False, False, False, authority, authority, False, False), critical=True
        )
    )  # fmt: skip
    return builder.sign(by, hashes.SHA256())


@cache
def written() -> bytes:
    alert = read(good()).alert
    assert alert is not None
    return write(alert)


def signed(name: str = "desk", **how: object) -> bytes:
    return sign(written(), key(name), certificate(name, **how))  # type: ignore[arg-type]


def only(data: bytes, anchor: Anchor | None = None, now: datetime = NOW) -> Checked:
    found = check(read(data), {SENDER: anchor} if anchor else {}, now)
    assert len(found) == 1
    return found[0]


def pinned(name: str = "desk", **how: object) -> Anchor:
    return Anchor((certificate(name, **how),))  # type: ignore[arg-type]


# --- ours ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["exclusive", "1.1"])
def test_what_we_sign_is_trusted_by_who_pinned_our_certificate_and_stays_valid(method: str) -> None:
    data = sign(written(), key("desk"), certificate("desk"), method)  # type: ignore[arg-type]
    assert only(data, pinned()) == Checked(
        "CN=desk", certificate("desk").fingerprint(hashes.SHA256()).hex(), right=True, known=True, valid_at_sent=True,
        valid_now=False, revoked=False, weak=False, reason="",
    )  # fmt: skip
    assert only(data, pinned()).trusted
    assert validate(read(data)) == ()
    assert read(data).alert == read(written()).alert
    assert b"ecdsa-sha256" in data


def test_nobody_signs_with_a_certificate_of_another_key_nor_twice() -> None:
    with pytest.raises(ValueError, match="another key"):
        sign(written(), key("desk"), certificate("stranger"))
    with pytest.raises(ValueError, match="signed already"):
        sign(signed(), key("desk"), certificate("desk"))


def test_a_message_without_a_signature_has_none() -> None:
    assert check(read(written()), {SENDER: pinned()}, NOW) == ()


def test_what_another_library_signed_in_the_form_of_national_feeds_is_trusted() -> None:
    """ECDSA-SHA256 and canonical XML 1.1, with the namespace of signatures as the default one: xmlsec made it."""
    data = (SAMPLES / "signed_by_xmlsec.cap").read_bytes()
    enclosed = base64.b64decode(re.findall(rb"<X509Certificate>([^<]+)<", data)[0])
    message = read(data)
    assert message.alert is not None
    anchors = {message.alert.sender: Anchor((x509.load_der_x509_certificate(enclosed),))}
    assert [one.trusted for one in check(message, anchors, NOW)] == [True]
    later = read(data.replace(b"FLASH FLOODING.", b"FLASH FLOODS."))
    assert [one.right for one in check(later, anchors, NOW)] == [False]


# --- who signed ----------------------------------------------------------------------------------------------------


def test_a_strangers_key_proves_nothing_though_its_certificate_comes_along() -> None:
    found = only(signed("stranger"), pinned("desk"))
    assert (found.right, found.known, found.trusted) == (True, False, False)
    assert "not pinned" in found.reason


def test_a_stranger_who_takes_the_name_and_encloses_the_pinned_certificate_is_found_out() -> None:
    ours = base64.b64encode(certificate("desk").public_bytes(Encoding.DER))
    theirs = re.sub(rb"(<ds:X509Certificate>)[^<]+", rb"\g<1>" + ours, signed("stranger"))
    found = only(theirs, pinned("desk"))
    assert (found.right, found.known, found.trusted) == (False, False, False)


def test_nobody_is_known_for_another_sender() -> None:
    found = check(read(signed()), {"someone@example.org": pinned()}, NOW)
    assert [(one.right, one.known, one.trusted) for one in found] == [(True, False, False)]


def test_a_certificate_under_a_pinned_authority_is_known_and_one_under_another_is_not() -> None:
    data = sign(written(), key("desk"), certificate("desk", issuer="authority"))
    assert only(data, pinned("authority", authority=True)).trusted
    assert not only(data, pinned("another", authority=True)).known
    assert not only(data, pinned("authority")).known, "a certificate that is no authority's issues none"


def test_a_pinned_certificate_that_is_no_authority_cannot_make_others() -> None:
    data = sign(written(), key("stranger"), certificate("stranger", issuer="desk"))
    assert not only(data, pinned("desk")).known


# --- when ----------------------------------------------------------------------------------------------------------


def test_an_archived_alert_keeps_its_trust_when_the_certificate_is_over() -> None:
    found = only(signed(), pinned(), now=OVER + timedelta(days=3650))
    assert (found.valid_at_sent, found.valid_now, found.trusted) == (True, False, True)


LATER, EARLIER = datetime(2011, 1, 1, tzinfo=UTC), datetime(2010, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(("begun", "over"), [(LATER, OVER), (BEGUN, EARLIER)])
def test_a_certificate_that_was_not_valid_then_does_not_count(begun: datetime, over: datetime) -> None:
    data = sign(written(), key("desk"), certificate("desk", begun=begun, over=over))
    found = only(data, pinned(begun=begun, over=over))
    assert (found.right, found.known, found.valid_at_sent, found.trusted) == (True, True, False, False)


def test_a_revoked_key_counts_for_nothing_whenever_it_says_it_signed() -> None:
    fingerprint = certificate("desk").fingerprint(hashes.SHA256()).hex()
    found = only(signed(), Anchor((certificate("desk"),), revoked=frozenset({fingerprint})))
    assert (found.right, found.known, found.revoked, found.trusted) == (True, True, True, False)


# --- over what -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Stay out of", b"Go back into"),
        (b"<status>Actual", b"<status>Test"),
        (b"</info>\n<ds:Signature", b"</info>\n<code/><ds:Signature"),
        (b"</info>\n<ds:Signature", b"</info><ds:Signature"),
        (b"leogane-7", b"leogane-8"),
    ],
)
def test_a_message_that_was_changed_is_not_what_was_signed(old: bytes, new: bytes) -> None:
    assert old in signed()
    assert not only(signed().replace(old, new, 1), pinned()).right


def test_a_signature_over_a_part_of_the_message_does_not_count() -> None:
    data = signed().replace(b'<ds:Reference URI="">', b'<ds:Reference URI="#info">')
    found = only(data, pinned())
    assert not found.right
    assert "whole message" in found.reason


def test_a_transform_that_could_cut_the_message_does_not_count() -> None:
    xpath = b'<ds:Transforms><ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"/>'
    assert not only(signed().replace(b"<ds:Transforms>", xpath), pinned()).right


def test_a_signature_that_stands_elsewhere_is_no_signature_of_the_message() -> None:
    root = etree.fromstring(signed())
    inner = root[-1]
    info = root.find("{*}info")
    assert info is not None
    info.append(inner)
    assert check(read(etree.tostring(root)), {SENDER: pinned()}, NOW) == ()


def test_of_two_signatures_each_is_judged_by_itself() -> None:
    """A wrong one beside a right one takes nothing from it, and gets nothing of it."""
    root, other = etree.fromstring(signed()), etree.fromstring(signed("stranger"))
    for first in (True, False):
        both = etree.fromstring(etree.tostring(root))
        both.insert(len(both) - 1 if first else len(both), etree.fromstring(etree.tostring(other[-1], with_tail=False)))
        found = check(read(etree.tostring(both)), {SENDER: pinned()}, NOW)
        assert [one.trusted for one in found] == ([False, True] if first else [True, False])
        assert [one.right for one in found] == [True, True]


def test_words_that_look_like_a_declaration_cannot_be_slipped_into_what_was_signed() -> None:
    data = (SAMPLES / "signed_by_xmlsec.cap").read_bytes()
    enclosed = base64.b64decode(re.findall(rb"<X509Certificate>([^<]+)<", data)[0])
    message = read(data.replace(b"A FLASH FLOOD WATCH", b'A FLASH FLOOD WATCH xmlns=""', 1))
    assert message.alert is not None
    anchors = {message.alert.sender: Anchor((x509.load_der_x509_certificate(enclosed),))}
    assert [one.right for one in check(message, anchors, NOW)] == [False]


PARTS = ["SignedInfo", "SignatureValue", "DigestValue", "DigestMethod", "KeyInfo", "X509Certificate"]


@pytest.mark.parametrize("gone", PARTS)
def test_a_signature_that_lacks_a_part_is_not_right_unless_the_key_is_known_anyway(gone: str) -> None:
    root = etree.fromstring(signed())
    for one in list(root.iter(f"{{*}}{gone}")):
        parent = one.getparent()
        assert parent is not None
        parent.remove(one)
    found = only(etree.tostring(root), pinned())
    assert found.trusted == (gone in {"KeyInfo", "X509Certificate"}), "the pinned certificate is enough"


# --- Canada, 2013 --------------------------------------------------------------------------------------------------

CANADA = (SAMPLES / "canada_signed.cap").read_bytes()
CANADIAN = tuple(
    x509.load_der_x509_certificate(base64.b64decode("".join(found.decode().split())))
    for found in re.findall(rb"<X509Certificate>([^<]+)<", CANADA)
)


def canada(*pins: x509.Certificate, sha1: bool, data: bytes = CANADA) -> tuple[Checked, ...]:
    return check(read(data), {"cap-pac@ec.gc.ca": Anchor(pins, sha1=sha1)}, NOW)


def test_canada_signed_with_sha_1_which_nobody_takes_unasked() -> None:
    found = canada(*CANADIAN, sha1=False)
    assert [(one.right, one.weak) for one in found] == [(False, True), (False, True)]
    assert all("SHA-1" in one.reason for one in found)


def test_canada_signed_rightly_at_the_time_and_weakly() -> None:
    found = canada(*CANADIAN, sha1=True)
    assert ["dss1.pelmorex.com" in found[0].subject, "meteo.gc.ca" in found[1].subject] == [True, True]
    assert [(one.right, one.known, one.valid_at_sent, one.valid_now, one.weak) for one in found] == [
        (True, True, True, False, True)
    ] * 2


def test_of_canadas_two_signers_one_alone_may_be_pinned() -> None:
    found = canada(CANADIAN[1], sha1=True)
    assert [(one.right, one.trusted) for one in found] == [(True, False), (True, True)]


def test_canadas_message_with_one_letter_changed_is_nobodys() -> None:
    found = canada(*CANADIAN, sha1=True, data=CANADA.replace(b"snowfall warning", b"snowfall Warning"))
    assert [one.right for one in found] == [False, False]


def test_certificates_are_read_from_pem() -> None:
    with pytest.raises(ValueError):
        certificates("none")
