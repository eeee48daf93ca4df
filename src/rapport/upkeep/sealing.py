"""A file that opens with a passphrase only, written and read as a stream.

Header: MAGIC, 16 bytes of salt. Then pieces of PIECE bytes, each encrypted and authenticated by itself
(ChaCha20-Poly1305) under a key made of passphrase and salt (scrypt). Its number is its nonce, and the last one is
marked, so a piece that is changed, missing, moved or cut off is noticed. The cost of scrypt is
fixed: a file cannot ask its reader for more.
"""

from __future__ import annotations

import io
import os
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from rapport.errors import RapportError

MAGIC = b"rapport sealed backup 1\n"
_SALT = 16
_TAG = 16
PIECE = 1024 * 1024
#: scrypt: 128 MB and about half a second a guess (RFC 7914 names n=2**20 for files, which needs 1 GB) [ours].
_COST = 2**17
#: Characters of a passphrase at least [ours].
SHORTEST = 12


class Sealer(io.RawIOBase):
    """What is written to it lies in `file`, sealed. `close` writes the last piece; `file` stays open."""

    def __init__(self, file: IO[bytes], passphrase: bytes) -> None:
        salt = os.urandom(_SALT)
        self._file = file
        self._cipher = _cipher(passphrase, salt)
        self._waiting = bytearray()
        self._number = 0
        file.write(MAGIC + salt)

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        given = bytes(data)  # type: ignore[call-overload]
        self._waiting += given
        while len(self._waiting) > PIECE:  # the last one, however long, is written by close
            self._put(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]
        return len(given)

    def close(self) -> None:
        if not self.closed:
            self._put(bytes(self._waiting), last=True)
            self._waiting.clear()
        super().close()

    def _put(self, piece: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number), piece, _mark(last)))
        self._number += 1


class Opener(io.RawIOBase):
    """Reads what a Sealer wrote. RapportError if the passphrase is another, or anything was changed or cut off."""

    def __init__(self, file: IO[bytes], passphrase: bytes) -> None:
        head = file.read(len(MAGIC) + _SALT)
        if not head.startswith(MAGIC) or len(head) < len(MAGIC) + _SALT:
            raise RapportError("This file is not sealed with a passphrase, or its beginning is lost.")
        self._file = file
        self._cipher = _cipher(passphrase, head[len(MAGIC) :])
        self._next = file.read(PIECE + _TAG)
        self._number = 0
        self._open = b""
        self._at = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        room = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        if self._at == len(self._open):
            self._open, self._at = self._piece(), 0
        given = self._open[self._at : self._at + len(room)]
        room[: len(given)] = given
        self._at += len(given)
        return len(given)

    def _piece(self) -> bytes:
        sealed = self._next
        if not sealed and self._number:
            return b""
        self._next = self._file.read(PIECE + _TAG)
        try:
            plain = self._cipher.decrypt(_nonce(self._number), sealed, _mark(not self._next))
        except InvalidTag:
            raise RapportError(
                "The passphrase is another one, or the file was changed or cut off: try another copy of the backup."
            ) from None
        self._number += 1
        return plain


def _cipher(passphrase: bytes, salt: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(Scrypt(salt=salt, length=32, n=_COST, r=8, p=1).derive(passphrase))


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _mark(last: bool) -> bytes:
    return MAGIC + (b"last" if last else b"more")
