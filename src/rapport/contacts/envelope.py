"""Pure: a message between offices as one instance sends it to another: signed, numbered, chained.

Each direction of a correspondence is a chain: message n names the hash of message n - 1, so both sides can compare
where they stand (comparing.py). The same bytes go by the line, as an attachment or in a bundle (bundle.py), and may
come twice and in any order: `read` says what they are, `placed` where they belong among those that came before.
Whether the office that it is for is one of ours is left to people: "wrong addressee" is an answer like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rapport.contacts import signed
from rapport.contacts.kinds import Kind, Said
from rapport.contacts.signed import HASH, INSTANCE, Peer, Signed, exactly, moment_of, quoted
from rapport.contacts.sound import faults, party_of
from rapport.errors import Refused
from rapport.oversight.ledger.chain import START, moment
from rapport.values import Json, Marking

FORM = "rapport-envelope-1"
#: Bytes [ours: every field of the kind with most of them full of letters that JSON writes in twelve bytes].
LARGEST = 200_000
#: How far a clock on the other side may be ahead of ours [ours].
AHEAD = timedelta(hours=24)
HIGHEST = 999_999_999  # number of a message
_TOLD = 20  # gaps in a sentence
_BODY = {"number": int, "prev": str, "sent_at": str, "said": dict}
_SAID = {
    "ref": str, "case": str, "kind": str, "from": str, "to": str, "at": str, "marking": str, "caveats": str,
    "exercise": bool, "fields": dict,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message that another instance has signed for this one. `body` is what was signed, to be kept as it is."""

    sender: str
    receiver: str
    number: int
    prev: str
    sent_at: datetime
    said: Said
    body: str

    @property
    def hash(self) -> str:
        return signed.hash_of(self.body)


@dataclass(frozen=True, slots=True)
class Kept:
    """What must be known of a message that came before, from the same sender."""

    number: int
    hash: str
    prev: str
    ref: str


@dataclass(frozen=True, slots=True)
class Opened:
    """`missing`: numbers before the highest that have not come, as (first, last)."""

    envelope: Envelope
    missing: tuple[tuple[int, int], ...] = ()

    @property
    def said(self) -> Said:
        return self.envelope.said

    @property
    def told(self) -> str:
        """What is missing, in words; "" if nothing is."""
        return told(self.envelope.sender, self.missing)


def sealed(
    said: Said, *, sender: str, receiver: str, number: int, prev: str, sent_at: datetime, key: Ed25519PrivateKey
) -> bytes:
    """The message as it goes out: number 1 follows START, each other the hash of the one before. Refused for a message
    that cannot be sent as it is, with its field."""
    _sendable(said)
    _chained(number, prev)
    for name, instance in (("from", sender), ("to", receiver)):
        if not INSTANCE.fullmatch(instance):
            raise Refused(
                "bad_instance", "An instance is named by small letters, digits, dots and hyphens.", field=name
            )
    body = {
        "form": FORM, "from": sender, "to": receiver, "number": number, "prev": prev, "sent_at": moment(sent_at),
        "said": written(said),
    }  # fmt: skip
    return signed.signed(body, key)


def resealed(data: bytes, key: Ed25519PrivateKey) -> bytes:
    """One of our own, signed anew because the old key was retired before it arrived. Number and hash stay the same."""
    return signed.signed(signed.parsed(data, LARGEST).body, key)


def written(said: Said) -> dict[str, Json]:
    return {
        "ref": said.ref, "case": said.case, "kind": said.kind, "from": said.sender, "to": said.to,
        "at": moment(said.at), "marking": said.marking, "caveats": said.caveats, "exercise": said.exercise,
        "fields": dict(said.fields),
    }  # fmt: skip


def said_in(body: str) -> Said:
    """The message in a body that is kept. Refused if it is not whole any more."""
    found = signed.one_form(body.encode())
    if not isinstance(found, dict):
        raise Refused("not_whole", "The body is no JSON object.")
    return _said(found.get("said"))


def opened(data: bytes, *, peers: Mapping[str, Peer], me: str, kept: Iterable[Kept] = (), now: datetime) -> Opened:
    """`read` and `placed` in one. `kept`: all that came from this sender."""
    return placed(read(data, peers=peers, me=me, now=now), kept)


def read(data: bytes, *, peers: Mapping[str, Peer], me: str, now: datetime) -> Envelope:
    """What the bytes are. Refused if they are not a whole message that a known instance signed for this one."""
    found = signed.read(data, form=FORM, shape=_BODY, peers=peers, me=me, most=LARGEST)
    made = _envelope(found)
    if party_of(made.said.sender) not in peers[made.sender].speaks_for:
        raise Refused(
            "not_theirs", f"{made.sender} does not write for {quoted(party_of(made.said.sender))}.", field="from"
        )
    for name, at in (("sent_at", made.sent_at), ("at", made.said.at)):
        if at > now + AHEAD:
            raise Refused("future", f"It says {moment(at)}, more than 24 hours from now. Compare clocks.", field=name)
    return made


def placed(envelope: Envelope, kept: Iterable[Kept]) -> Opened:
    """Where it belongs among those of its sender that are kept. Refused if it is one of them (`repeated`: send the
    receipt again), contradicts one of them, or does not follow from them."""
    chain = Chain(kept)
    chain.add(envelope)
    return Opened(envelope, chain.missing())


class Chain:
    """What came from one sender, as far as it goes."""

    def __init__(self, kept: Iterable[Kept]) -> None:
        self._numbers = {one.number: one for one in kept}
        self._refs = {one.ref: one.number for one in self._numbers.values()}

    def add(self, envelope: Envelope) -> None:
        """Refused, and then nothing is added, for one that does not fit."""
        number, ref = envelope.number, envelope.said.ref
        same, before, after = (self._numbers.get(one) for one in (number, number - 1, number + 1))
        if same is not None and same.hash == envelope.hash:
            raise Refused("repeated", f"Message {number} of {envelope.sender} is here already.")
        if same is not None:
            raise Refused("other_content", f"Another message came before under number {number}. Compare ledgers.")
        if ref in self._refs:
            raise Refused(
                "other_content", f"{ref} came before as message {self._refs[ref]}. What changes it is a correction."
            )
        if before is not None and before.hash != envelope.prev:
            raise Refused(
                "broken_chain", f"It does not follow from message {number - 1} that is here. Compare ledgers."
            )
        if after is not None and after.prev != envelope.hash:
            raise Refused("broken_chain", f"Message {number + 1} that is here follows from another. Compare ledgers.")
        self._numbers[number] = Kept(number, envelope.hash, envelope.prev, ref)
        self._refs[ref] = number

    def missing(self) -> tuple[tuple[int, int], ...]:
        found, expected = [], 1
        for number in sorted(self._numbers):
            if number > expected:
                found.append((expected, number - 1))
            expected = number + 1
        return tuple(found)


def told(sender: str, missing: Iterable[tuple[int, int]]) -> str:
    """Which messages of a sender have not come, in words; "" for none."""
    spans = [str(first) if first == last else f"{first} to {last}" for first, last in missing]
    if not spans:
        return ""
    others = f" and {len(spans) - _TOLD:,} other gaps" if len(spans) > _TOLD else ""
    numbers = ", ".join(spans[:_TOLD])
    why = (
        "Ask for them: a file made on a page over there holds the messages of one party, and numbers run over all of"
        " them. Ask for the files of the others, or for one of all (on the machine: rapport contacts bundle). What is"
        " in none is lost, or was kept back, as TLP:RED is from files."
    )
    return f"From {sender} these messages have not come: {numbers}{others}. {why}"


def _envelope(found: Signed) -> Envelope:
    match found.body:
        case {
            "from": str(sender), "to": str(receiver), "number": int(number), "prev": str(prev),
            "sent_at": str(sent_at), "said": said,
        }:  # fmt: skip
            _chained(number, prev)
            return Envelope(sender, receiver, number, prev, moment_of(sent_at, "sent_at"), _said(said), found.text)
    raise Refused("not_whole", "The body is not whole.")


def _chained(number: int, prev: str) -> None:
    if not 1 <= number <= HIGHEST:
        raise Refused("bad_number", f"Messages are numbered from 1 to {HIGHEST:,}.", field="number")
    if not HASH.fullmatch(prev) or (number == 1) != (prev == START):
        raise Refused("broken_chain", "The first message follows none, every other the hash of one.", field="prev")


def _said(value: Json) -> Said:
    found = exactly(value, _SAID, "The message")
    kind, marking = str(found["kind"]), str(found["marking"])
    if kind not in list(Kind):
        raise Refused("unknown_kind", f"Nobody here knows the kind {quoted(kind)}.", field="kind")
    if marking not in list(Marking):
        raise Refused("unknown_marking", f"Nobody here knows the marking {quoted(marking)}.", field="marking")
    fields = found["fields"]
    if not isinstance(fields, dict) or not all(isinstance(text, str) for text in fields.values()):
        raise Refused("not_whole", "“fields” holds names and texts.", field="fields")
    said = Said(
        ref=str(found["ref"]),
        case=str(found["case"]),
        kind=Kind(kind),
        sender=str(found["from"]),
        to=str(found["to"]),
        at=moment_of(str(found["at"]), "at"),
        fields={name: str(text) for name, text in fields.items()},
        marking=Marking(marking),
        caveats=str(found["caveats"]),
        exercise=found["exercise"] is True,
    )
    _sendable(said)
    return said


def _sendable(said: Said) -> None:
    for problem in faults(said):
        raise Refused("not_whole", problem.said, field=problem.field)
