"""An enveloped XML signature is put on a written alert (CAP 1.2, 3.3.4.1)."""

from __future__ import annotations

from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from signxml.signer import XMLSigner

from rapport.formats.cap import parsing
from rapport.formats.markup import DECLARATION

_METHODS = {
    "exclusive": CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    "1.1": CanonicalizationMethod.CANONICAL_XML_1_1,
}


def sign(
    data: bytes,
    key: EllipticCurvePrivateKey,
    certificate: x509.Certificate,
    method: Literal["exclusive", "1.1"] = "exclusive",
) -> bytes:
    """A written alert with an ECDSA-SHA256 signature after its last info. Two calls give two signatures: ECDSA takes
    a random number for each. ValueError where the certificate is not the key's, or the alert is signed already."""
    signer = XMLSigner(
        SignatureConstructionMethod.enveloped, SignatureMethod.ECDSA_SHA256, DigestAlgorithm.SHA256, _METHODS[method]
    )
    root = parsing.parse(data)
    if certificate.public_key() != key.public_key():
        raise ValueError("The certificate belongs to another key.")
    if root.find(f"{{{parsing.XMLDSIG}}}Signature") is not None:
        raise ValueError("The alert is signed already: write it anew and sign that.")
    signed = signer.sign(root, key=key, cert=[certificate])
    return f"{DECLARATION}{etree.tostring(signed, encoding='unicode')}\n".encode()
