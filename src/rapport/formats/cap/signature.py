"""Enveloped XML signatures over a whole alert (CAP 1.2, 3.3.4.1), checked; `signing` makes them.

A certificate inside a message proves nothing: anybody can make one. So a message is held to certificates that were
pinned for its sender beforehand. Whether the key was good is asked for the time when the message was sent, or every
archived alert would fail once its certificate is over."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import verification
from lxml import etree
from signxml.algorithms import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
)
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from rapport.formats.cap.message import Message
from rapport.formats.cap.parsing import XMLDSIG

#: Signatures of a message, and certificates in one, that are looked at [ours]: national systems add one each.
MOST_SIGNATURES = 4
MOST_CERTIFICATES = 6

_DS = f"{{{XMLDSIG}}}"
_ENVELOPED = SignatureConstructionMethod.enveloped.value
_TRANSFORMS = frozenset({_ENVELOPED, *(one.value for one in CanonicalizationMethod)})
_STRONG = SignatureConfiguration()
_FAULTS = (SignXMLException, ValueError, TypeError, AttributeError, KeyError, UnsupportedAlgorithm, etree.LxmlError)


@dataclass(frozen=True, slots=True)
class Anchor:
    """What is pinned for one sender: certificates of its keys, or of authorities that issue them. `sha1` lets SHA-1
    pass, for old senders alone; `revoked` are SHA-256 fingerprints of certificates whose keys are no longer good."""

    certificates: tuple[x509.Certificate, ...]
    sha1: bool = False
    revoked: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Checked:
    """One signature of a message. Each answer is given for itself: a signature may be right and its signer unknown.

    `right`: it fits the whole message. `known`: by a pinned certificate, or one that a pinned authority issued.
    `valid_at_sent`, `valid_now`: the certificate's own dates. `weak`: SHA-1. `reason` says what stands against it, ""
    if nothing does."""

    subject: str
    fingerprint: str
    right: bool
    known: bool
    valid_at_sent: bool
    valid_now: bool
    revoked: bool
    weak: bool
    reason: str

    @property
    def trusted(self) -> bool:
        """A revoked key counts for nothing, whenever a message says that it was sent: who has the key writes the
        date."""
        return self.right and self.known and self.valid_at_sent and not self.revoked


def certificates(pem: str | bytes) -> tuple[x509.Certificate, ...]:
    """The certificates of a PEM text, for an Anchor. ValueError where there is none."""
    return tuple(x509.load_pem_x509_certificates(pem.encode() if isinstance(pem, str) else pem))


def check(message: Message, anchors: Mapping[str, Anchor], now: datetime) -> tuple[Checked, ...]:
    """Each signature of a message by itself, the others taken away; nothing for a message without. Anchors are by
    sender."""
    if message.alert is None:
        return ()
    anchor = anchors.get(message.alert.sender, Anchor(()))
    root = etree.fromstring(message.data, _parser())
    count = min(len(root.findall(f"{_DS}Signature")), MOST_SIGNATURES)
    return tuple(_checked(_alone(root, at), anchor, message.alert.sent, now) for at in range(count))


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def _alone(root: etree._Element, kept: int) -> etree._Element:
    """The message with one of its signatures. Text behind the others stays: it was signed."""
    root = deepcopy(root)
    for at, signature in enumerate(root.findall(f"{_DS}Signature")):
        if at == kept:
            continue
        before = signature.getprevious()
        if before is not None:
            before.tail = (before.tail or "") + (signature.tail or "")
        else:
            root.text = (root.text or "") + (signature.tail or "")
        signature.tail = None
        root.remove(signature)
    return root


def _checked(root: etree._Element, anchor: Anchor, sent: datetime, now: datetime) -> Checked:
    signature = root.find(f"{_DS}Signature")
    assert signature is not None  # noqa: S101 - one was kept
    weak = any("sha1" in str(one.get("Algorithm", "")) for one in signature.iterfind(f"{_DS}SignedInfo//*"))
    enclosed = tuple(_enclosed(signature))
    for info in signature.findall(f"{_DS}KeyInfo"):
        signature.remove(info)  # what it says is not signed, and everything it is needed for has been read
    refusal = _not_whole(signature) or ("" if anchor.sha1 or not weak else "SHA-1 is not taken from this sender.")
    signer = None if refusal else _signer(root, (*anchor.certificates, *enclosed), anchor.sha1)
    shown = signer or next(iter(enclosed), None)
    if shown is None:
        reason = refusal or "It names no certificate, and none that is pinned for this sender fits."
        return Checked("", "", False, False, False, False, False, weak, reason)
    known = signer is not None and _is_known(signer, enclosed, anchor, sent)
    fingerprint = shown.fingerprint(SHA256()).hex()
    answers = Checked(
        _subject(shown), fingerprint, signer is not None, known, _is_valid(shown, sent), _is_valid(shown, now),
        fingerprint in anchor.revoked, weak, refusal,
    )  # fmt: skip
    return answers if refusal else _with_reason(answers)


def _with_reason(found: Checked) -> Checked:
    unknown = "It fits the certificate that came with it, which is not pinned for this sender."
    said = {
        "It does not fit the message: one of them was changed.": not found.right,
        unknown: not found.known,
        "The certificate is revoked.": found.revoked,
        "The certificate was not valid when the message was sent.": not found.valid_at_sent,
        "It uses SHA-1, which can be forged: take it as a hint.": found.weak,
    }
    return replace(found, reason=next((text for text, holds in said.items() if holds), ""))


def _not_whole(signature: etree._Element) -> str:
    """Why a signature is not over the whole message, "" if it is: one reference, to the document, and nothing cut out
    but the signature itself."""
    references = signature.findall(f"{_DS}SignedInfo/{_DS}Reference")
    if len(references) != 1 or references[0].get("URI") != "":
        return "It is not over the whole message."
    transforms = [one.get("Algorithm") for one in references[0].iterfind(f"{_DS}Transforms/{_DS}Transform")]
    if _ENVELOPED not in transforms or not _TRANSFORMS.issuperset(transforms):
        return "It is over the message after a change that rapport does not make."
    return ""


def _signer(root: etree._Element, candidates: Iterable[x509.Certificate], sha1: bool) -> x509.Certificate | None:
    """The certificate whose key made the signature."""
    for certificate in candidates:
        try:
            _verifier(root).verify(
                etree.tostring(root), x509_cert=certificate, parser=_parser(),
                validate_schema=False,  # it refuses an Id with a space, as Canada writes them
                expect_config=SignatureConfiguration(
                    location="./",
                    signature_methods=_STRONG.signature_methods | ({SignatureMethod.RSA_SHA1} if sha1 else set()),
                    digest_algorithms=_STRONG.digest_algorithms | ({DigestAlgorithm.SHA1} if sha1 else set()),
                    verification_time=certificate.not_valid_after_utc,  # its dates are asked for separately
                    default_reference_c14n_method=CanonicalizationMethod.CANONICAL_XML_1_0,  # XML Signature, 4.4.3.2
                ),
            )  # fmt: skip
        except _FAULTS:
            continue
        return certificate
    return None


def _verifier(root: etree._Element) -> XMLVerifier:
    """lxml writes xmlns="" into what stands in SignedInfo where that has its namespace from an element above, and
    then no inclusive canonical form is right. signxml can strike those out; it must not where the message itself says
    so."""
    verifier = XMLVerifier()
    signed = etree.tostring(_without_signature(root), method="c14n")
    verifier.excise_empty_xmlns_declarations = b'xmlns=""' not in signed
    return verifier


def _without_signature(root: etree._Element) -> etree._Element:
    return _alone(root, kept=-1)


def _enclosed(signature: etree._Element) -> Iterator[x509.Certificate]:
    found = signature.findall(f"{_DS}KeyInfo/{_DS}X509Data/{_DS}X509Certificate")
    for one in found[:MOST_CERTIFICATES]:
        try:
            yield x509.load_der_x509_certificate(base64.b64decode("".join((one.text or "").split())))
        except (ValueError, binascii.Error, UnsupportedAlgorithm):
            continue


def _is_known(signer: x509.Certificate, enclosed: tuple[x509.Certificate, ...], anchor: Anchor, sent: datetime) -> bool:
    """Pinned itself, or issued under a pinned authority at a time when the signer's certificate was valid."""
    if signer in anchor.certificates:
        return True
    if not anchor.certificates:
        return False
    policy = verification.ExtensionPolicy
    moment = min(max(sent, signer.not_valid_before_utc), signer.not_valid_after_utc)
    try:
        verifier = (
            verification.PolicyBuilder()
            .store(verification.Store(list(anchor.certificates)))
            .time(moment)
            .extension_policies(ee_policy=policy.permit_all(), ca_policy=policy.webpki_defaults_ca())
            .build_client_verifier()
        )
        verifier.verify(signer, [one for one in enclosed if one != signer])
    except (verification.VerificationError, ValueError, UnsupportedAlgorithm):
        return False
    return _may_sign(signer)


def _may_sign(certificate: x509.Certificate) -> bool:
    """Whether its authority issued it for signatures: no KeyUsage says so of any use."""
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    except (x509.ExtensionNotFound, ValueError):
        return True


def _is_valid(certificate: x509.Certificate, moment: datetime) -> bool:
    return certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc


def _subject(certificate: x509.Certificate) -> str:
    try:
        return certificate.subject.rfc4514_string()
    except ValueError:
        return "not readable"
