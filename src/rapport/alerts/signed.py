"""The signature of whoever runs the server on what is issued, where they have set a key up."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings

from rapport.errors import Refused
from rapport.formats.cap.signing import sign

_ASK = "Nothing was issued: whoever runs this server must mend RAPPORT_CAP_SIGNER."


def signed(data: bytes, sent: datetime) -> bytes:
    """A CAP file with an enveloped signature (CAP 1.2, 3.3.4.1), or as it is where nobody signs here. Refused where the
    key cannot be used: readers who pin it would take an unsigned alert for a forged one."""
    file: Path | None = settings.CAP_SIGNER
    if file is None:
        return data
    key, certificate = _read(file)
    if not certificate.not_valid_before_utc <= sent <= certificate.not_valid_after_utc:
        raise Refused("signer", f"The certificate that signs alerts is not valid now. {_ASK}", field="signer")
    try:
        return sign(data, key, certificate)
    except ValueError as error:
        raise Refused("signer", f"{error} {_ASK}", field="signer") from error


def _read(file: Path) -> tuple[EllipticCurvePrivateKey, x509.Certificate]:
    """Read anew each time: alerts are few, and a key that was changed counts at once."""
    try:
        pem = file.read_bytes()
        key, certificate = load_pem_private_key(pem, None), x509.load_pem_x509_certificate(pem)
    except (OSError, ValueError, TypeError) as error:
        raise Refused("signer", f"The key that signs alerts cannot be read. {_ASK}", field="signer") from error
    if not isinstance(key, EllipticCurvePrivateKey):
        raise Refused("signer", f"The key that signs alerts is not one of an elliptic curve. {_ASK}", field="signer")
    return key, certificate
