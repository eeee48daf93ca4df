"""Two instances that write to each other, a third one, and what they may say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import strategies as st

from rapport.contacts.envelope import sealed
from rapport.contacts.kinds import FIELDS, Answer, Field, Kind, Said
from rapport.contacts.model import Role
from rapport.contacts.signed import Peer, hash_of, parsed
from rapport.contacts.sound import faults
from rapport.oversight.ledger.chain import START, fingerprint
from rapport.values import Marking

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
ESTONIA, HAITI, KENYA = "rapport.ee", "rapport.ht", "rapport.ke"


def key(seed: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)


def public(seed: int) -> bytes:
    return key(seed).public_key().public_bytes_raw()


OLD, NEW, HAITIAN, KENYAN, STRANGE = 1, 2, 3, 4, 5
#: What the instance of Haiti knows of others.
PEERS = {
    ESTONIA: Peer((public(NEW), public(OLD)), frozenset({"EE"})),
    KENYA: Peer((public(KENYAN),), frozenset({"KE"})),
}
RETIRED = {ESTONIA: Peer((public(NEW),), frozenset({"EE"}), frozenset({fingerprint(public(OLD))}))}


def notice(number: int = 1, **other: Any) -> Said:
    made: dict[str, Any] = {
        "ref": f"DAX7-{number:02}",
        "case": "DAX7",
        "kind": Kind.NOTIFICATION,
        "sender": "EE/technical",
        "to": "HT/technical",
        "at": NOW - timedelta(minutes=100 - number),
        "fields": {
            "what": f"The payment service answers slowly, part {number}. Ak aksan: é, عربي, 水.",
            "seen_at": "2026-11-27T06:32Z",
            "systems": "own",
            "confidence": "moderate",
            "unknown": "Whether others are affected.",
        },
    }
    return Said(**(made | other))


def chained(
    says: Sequence[Said],
    sender: str = ESTONIA,
    receiver: str = HAITI,
    seed: int = NEW,
    start: str = START,
    first: int = 1,
) -> list[bytes]:
    """The messages as one instance sends them, each following the one before."""
    made, prev = [], start
    for number, said in enumerate(says, first):
        at = NOW - timedelta(minutes=60) + timedelta(seconds=number)
        made.append(sealed(said, sender=sender, receiver=receiver, number=number, prev=prev, sent_at=at, key=key(seed)))
        prev = hash_of(parsed(made[-1], len(made[-1])).text)
    return made


def flips(data: bytes, whole: int = 10) -> Iterator[tuple[int, bytes]]:
    """Each byte with one bit changed, and every `whole`th with each of its eight; with its place."""
    for place in range(len(data)):
        for bit in range(8) if place % whole == 0 else (place % 8,):
            yield place, data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


_REFS = st.from_regex(r"[A-Z0-9]{2,8}-[0-9]{2,4}", fullmatch=True)
#: Any letters of any script, and what stands between them, that a page can show.
WORDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u202d\u202e") | st.sampled_from("\n\r\t"),
    min_size=1,
    max_size=80,
).filter(str.strip)
_MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2026, 11, 28))


def _value(field: Field, prefix: str) -> st.SearchStrategy[str]:
    if field.choices is not None:
        return st.sampled_from(list(field.choices))
    if field.moment:
        return _MOMENTS.map(lambda at: at.isoformat(timespec="minutes") + "Z")
    if field.name == "about":
        return _REFS.map(lambda ref: prefix + ref)
    return WORDS


@st.composite
def sayings(draw: st.DrawFn) -> Said:
    """Any message that can be sent from Estonia to Haiti."""
    kind, exercise, ref = draw(st.sampled_from(Kind)), draw(st.booleans()), draw(_REFS)
    prefix = "X-" if exercise else ""
    fields = {one.name: draw(_value(one, prefix)) for one in FIELDS[kind] if one.required or draw(st.booleans())}
    if fields.get("answer") == Answer.ANSWER:
        fields["text"] = draw(WORDS)
    said = Said(
        ref=prefix + ref,
        case=prefix + ref.split("-")[0],
        kind=kind,
        sender=f"EE/{draw(st.sampled_from(Role))}",
        to=f"HT/{draw(st.sampled_from(Role))}",
        at=draw(_MOMENTS).replace(tzinfo=UTC),
        fields=fields,
        marking=draw(st.sampled_from(Marking)),
        caveats=draw(WORDS | st.just("")),
        exercise=exercise,
    )
    assert faults(said) == []
    return said
