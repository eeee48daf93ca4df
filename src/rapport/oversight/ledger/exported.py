"""An exported ledger: a text file that anybody can check without rapport's database. Pure but for the file it reads.

One JSON object a line: first {"form", "keys": {fingerprint: public key in base64}}, then the entries in their order,
{"seq", "at", "made", "operation", "kind", "body", "prev", "hash"}, last the checkpoints, {"checkpoint": {…}}.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from rapport.errors import RapportError
from rapport.oversight.ledger import chain
from rapport.oversight.ledger.chain import Checkpoint, Entry

_PEM_END = b"-----END PUBLIC KEY-----"


def lines(entries: Iterable[Entry], checkpoints: Iterable[Checkpoint], keys: Mapping[str, bytes]) -> Iterator[str]:
    """The lines of the file, each with its end."""
    yield _line({"form": chain.FORM, "keys": {name: b64encode(key).decode() for name, key in keys.items()}})
    for entry in entries:
        yield _line(asdict(entry) | {"body": _read(entry.body)})
    for checkpoint in checkpoints:
        yield checkpoint_line(checkpoint)


def _read(body: str) -> object:
    """A body that somebody made unreadable goes out as the text it is, and is found changed there too."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body


def checkpoint_line(checkpoint: Checkpoint) -> str:
    return _line({"checkpoint": asdict(checkpoint)})


def _line(value: Mapping[str, object]) -> str:
    return json.dumps(value, separators=(",", ":")) + "\n"


class Exported:
    """An exported file, read as often as wanted. RapportError for one that is none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        first = next(self._objects(), {})
        if first.get("form") != chain.FORM or not isinstance(first.get("keys"), dict):
            raise RapportError(f"{path} is no exported ledger: make one with rapport ledger export FILE.")
        self.keys = {str(name): _decoded(path, key) for name, key in first["keys"].items()}

    def entries(self) -> Iterator[Entry]:
        for found in self._objects():
            if "seq" in found:
                yield _entry(self._path, found)

    def checkpoints(self) -> list[Checkpoint]:
        return [_checkpoint(self._path, found["checkpoint"]) for found in self._objects() if "checkpoint" in found]

    def _objects(self) -> Iterator[dict[str, Any]]:
        with self._path.open(encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file, 1):
                try:
                    found = json.loads(line)
                except (ValueError, RecursionError):
                    found = None
                if not isinstance(found, dict):
                    raise RapportError(f"{self._path} is damaged: line {number} is no JSON object.")
                yield found


def read_checkpoint(path: Path) -> Checkpoint:
    """One that was handed out, as `rapport ledger checkpoint` printed it."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["checkpoint"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise RapportError(f"{path} is no checkpoint: it is what rapport ledger checkpoint printed.") from error
    return _checkpoint(path, found)


def read_keys(path: Path) -> dict[str, bytes]:
    """Public keys by fingerprint, from PEM as `rapport ledger key` printed it; several may follow each other."""
    found: dict[str, bytes] = {}
    for part in path.read_bytes().split(_PEM_END)[:-1]:
        try:
            key = load_pem_public_key(part.strip() + b"\n" + _PEM_END + b"\n")
        except ValueError:
            key = None
        if not isinstance(key, Ed25519PublicKey):
            raise RapportError(f"{path} holds a key that is no public key of a ledger (Ed25519, PEM).")
        raw = key.public_bytes_raw()
        found[chain.fingerprint(raw)] = raw
    if not found:
        raise RapportError(f"{path} holds no public key: it is what rapport ledger key printed.")
    return found


def pem(public: bytes) -> str:
    key = Ed25519PublicKey.from_public_bytes(public)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _entry(path: Path, found: Mapping[str, Any]) -> Entry:
    """An entry as it stands in the file, whatever was made of it; a field that is gone is empty."""
    texts = {name: str(found.get(name, "")) for name in ("at", "made", "operation", "kind", "prev", "hash")}
    if not isinstance(found["seq"], int):
        raise RapportError(f"{path} is damaged: an entry is numbered {found['seq']!r}.")
    try:
        body = chain.canonical(found.get("body"))
    except (ValueError, RecursionError):  # no number that JSON has
        body = ""
    return Entry(seq=found["seq"], body=body, **texts)


def _checkpoint(path: Path, found: object) -> Checkpoint:
    match found:
        case {"seq": int(seq), "hash": str(hash), "at": str(at), "key": str(key), "signature": str(signature)}:
            return Checkpoint(seq, hash, at, key, signature)
    raise RapportError(f"{path} is damaged: a checkpoint is not whole.")


def _decoded(path: Path, key: object) -> bytes:
    try:
        raw = b64decode(str(key), validate=True)
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise RapportError(f"{path} is damaged: a key is not whole.")
    return raw
