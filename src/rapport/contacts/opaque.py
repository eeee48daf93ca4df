"""Pure: the number of a row as a text that tells nothing: not how many rows there are, nor which of two came first.

The rows of all States and operations are counted together, so that an address with such a number tells whoever writes
one draft an hour how much all others write.

8 bytes that say which kind of row it is and 8 bytes of the number are enciphered as one block of AES. Whoever has not
the key cannot tell the texts of neighbours from chance, and makes up one that is read once in 2⁶⁴ tries. Half a block
cannot be read back, so the text is as long as its 16 bytes need: 26 signs of base 32, which has no 0 and 1 beside o and
l. With those it would be 25.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b32decode, b32encode
from dataclasses import dataclass
from enum import StrEnum

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

FORM = "[a-z2-7]{26}"
_HALF = 8  # bytes


class Numbered(StrEnum):
    """Of what kind a row is: the text of one kind names none of another."""

    ALARM = "alarm"
    BELONGING = "belonging"
    CLOCK = "clock"
    DRAFT = "draft"
    ENTRY = "entry"
    EXPORT = "export"
    HANDOVER = "handover"
    NOMINATION = "nomination"
    OFFICE = "office"
    PEER = "peer"
    PING = "ping"
    REPRESENTATIVE = "representative"


@dataclass(frozen=True, slots=True)
class Opaque:
    """`key`: 32 bytes. With another one every text is another."""

    key: bytes

    def written(self, of: Numbered, number: int) -> str:
        block = self._cipher().encryptor().update(_mark(of) + number.to_bytes(_HALF))
        return b32encode(block).decode().rstrip("=").lower()

    def read(self, of: Numbered, text: str) -> int | None:
        """None for what was not written so: of another kind, under another key, made up, or changed."""
        if not re.fullmatch(FORM, text):
            return None
        block = self._cipher().decryptor().update(b32decode(text.upper() + "======"))
        number = int.from_bytes(block[_HALF:])
        # Written again it shows whether the kind is right, and the two bits that 26 signs have beyond a block.
        return number if hmac.compare_digest(self.written(of, number), text) else None

    def _cipher(self) -> Cipher[modes.ECB]:
        return Cipher(algorithms.AES(self.key), modes.ECB())  # noqa: S305 - one block, and no two alike


def _mark(of: Numbered) -> bytes:
    return hashlib.blake2b(of.value.encode(), digest_size=_HALF).digest()
