"""Pure: what one instance signs for another: JSON in one form only, and whether it is what it says.

    {"body": {"form": …, "from": …, "to": …, …}, "key": fingerprint, "signature": 128 hexadecimal digits}

The signature (Ed25519, RFC 8032) is over the body's canonical form (oversight/ledger/chain.py:canonical), and the bytes
are taken in that form only: whatever two programs could read in two ways (a key twice, NaN, 1.0 for 1, other escapes)
is refused before anybody reads it. All bytes are ASCII, so nothing on the way can write a letter in another way.
The key is named beside the body: the same body can be signed anew under a new key, and stays the same.
Signed is not sealed against reading: who has the bytes reads them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from rapport.errors import Refused
from rapport.oversight.ledger.chain import canonical, fingerprint, moment
from rapport.values import Json

INSTANCE = re.compile(r"[a-z0-9][a-z0-9.-]{0,61}[a-z0-9]")
HASH = re.compile(r"[0-9a-f]{64}")
_ASKED = {str: "a text", int: "a whole number", bool: "true or false", dict: "a JSON object", list: "a list"}
_SIGNATURE = re.compile(r"[0-9a-f]{128}")
#: Keys of one instance that count at a time: the new one, and the old one while it is exchanged [ours].
MOST_KEYS = 2


def read_aloud(public: bytes) -> str:
    """A public key (32 bytes) as people compare it by voice: 128 bits, so that nobody finds another key of the same.
    Its first half is the fingerprint that messages, files and letters name it by."""
    return sha256(public).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Peer:
    """Another instance as we know it, by what was agreed with its people and not by what it says of itself.

    keys        its public keys, 32 bytes each: one, or two while it exchanges them
    speaks_for  codes of the parties whose offices write from there
    retired     fingerprints of keys that do not count any more
    """

    keys: tuple[bytes, ...]
    speaks_for: frozenset[str] = frozenset()
    retired: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not 1 <= len(self.keys) <= MOST_KEYS:
            raise ValueError(f"An instance has one key, or two while it exchanges them; not {len(self.keys)}.")

    def key(self, named: str) -> bytes | None:
        return next((one for one in self.keys if fingerprint(one) == named and named not in self.retired), None)


@dataclass(frozen=True, slots=True)
class Signed:
    """`text` is the body's canonical form: what is signed, hashed and kept."""

    body: dict[str, Json]
    text: str
    key: str
    signature: str


def hash_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def signed(body: Mapping[str, object], key: Ed25519PrivateKey) -> bytes:
    signature = key.sign(canonical(body).encode()).hex()
    whole = {"body": body, "key": fingerprint(key.public_key().public_bytes_raw()), "signature": signature}
    return canonical(whole).encode()


def parsed(data: bytes, most: int) -> Signed:
    """What the bytes say, whoever wrote them: nothing is proven yet. Refused for another form of bytes."""
    if len(data) > most:
        raise Refused("too_large", f"It has {len(data):,} bytes; at most {most:,} are read.")
    not_packed(data)
    match exactly(one_form(data), {"body": dict, "key": str, "signature": str}, "It"):
        case {"body": dict(body), "key": str(key), "signature": str(signature)}:
            return Signed(body, canonical(body), key, signature)
    raise Refused("not_whole", "It is no body with a key and a signature.")


def not_packed(data: bytes) -> None:
    """Refused for a ZIP archive: mail programs and some people pack what they attach."""
    if data[:4] == b"PK\x03\x04":
        raise Refused("packed", "This is a ZIP archive: unpack it, and choose the file that is in it.")


def one_form(data: bytes) -> Json:
    """JSON in canonical form; Refused for any other bytes."""
    try:
        text = data.decode("ascii")
        found: Json = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused("not_json", "It is not JSON as rapport writes it. Ask for the file itself, sent again.") from None
    try:
        same = canonical(found) == text
    except (ValueError, RecursionError):
        same = False
    if not same:
        raise Refused("not_canonical", "It is not in the one form that is taken: something rewrote it on its way.")
    return found


def read(data: bytes, *, form: str, shape: Mapping[str, type], peers: Mapping[str, Peer], me: str, most: int) -> Signed:
    """What another instance signed for this one. `shape`: the parts of the body beside form, from and to. Refused, with
    what is wrong, for anything else."""
    found = parsed(data, most)
    if found.body.get("form") != form:
        said = quoted(found.body.get("form"))
        raise Refused("unknown_form", f"Its form is {said}; this instance reads {form}. Ask whether theirs is newer.")
    exactly(found.body, {"form": str, "from": str, "to": str, **shape}, "The body")
    sender = str(found.body["from"])
    if sender == me:
        raise Refused("own_file", "This is your own file, for the other side: choose the one that came from them.")
    peer = peers.get(sender)
    if peer is None:
        raise Refused(
            "unknown_sender", f"Nobody here knows the instance {quoted(sender)}. Agree on keys with it first."
        )
    proven(found, peer, sender)
    if found.body["to"] != me:
        raise Refused("wrong_receiver", f"It is for the instance {quoted(found.body['to'])}, and this is {me}.")
    return found


def named_in(data: bytes) -> str:
    """From whom these bytes say that they are, whoever wrote them; "" where they say nothing of it."""
    try:
        found = one_form(data)
    except Refused:
        return ""
    match found:
        case {"body": {"from": str(sender)}}:
            return sender
    return ""


def proven(found: Signed, peer: Peer, name: str) -> None:
    """Refused unless one of the peer's keys of today signed it."""
    if found.key in peer.retired:
        raise Refused("retired_key", f"It is signed with a retired key of {name}. Ask for it under the new key.")
    public = peer.key(found.key)
    if public is None:
        raise Refused("unknown_key", f"It is signed with a key that nobody here knows as one of {name}.")
    if not _SIGNATURE.fullmatch(found.signature) or not holds(public, found.signature, found.text.encode()):
        raise Refused("bad_signature", f"The signature is wrong: it was changed, or {name} did not write it.")


def holds(public: bytes, signature: str, data: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(bytes.fromhex(signature), data)
    except (InvalidSignature, ValueError):
        return False
    return True


def exactly(value: Json, shape: Mapping[str, type], called: str) -> Mapping[str, Json]:
    """The object, if it has these parts, each of its kind, and no others. True is no number."""
    if not isinstance(value, dict):
        raise Refused("not_whole", f"{called} is no JSON object.")
    for name in shape:
        if name not in value:
            raise Refused("not_whole", f"{called} has no “{name}”.", field=name)
    for name, one in value.items():
        if name not in shape:
            raise Refused("not_whole", f"{called} has {quoted(name)}, which nobody knows.")
        if type(one) is not shape[name]:
            raise Refused("not_whole", f"Write {_ASKED[shape[name]]} there.", field=name)
    return value


def moment_of(text: str, name: str) -> datetime:
    """The moment, if it is written in the one form: 2026-11-27T06:32:13.000001Z."""
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None and moment(found) == text:
            return found
    except (ValueError, OverflowError):
        pass
    raise Refused("bad_time", "A time is written as 2026-11-27T06:32:13.000001Z.", field=name)


def quoted(value: object) -> str:
    """What somebody wrote, for a sentence: short, and with no letter that does anything."""
    return repr(value[:60]) if isinstance(value, str) else f"a {type(value).__name__}"
