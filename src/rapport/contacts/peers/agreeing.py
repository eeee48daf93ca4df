"""With which instance messages are exchanged, under which keys and for whom: one person enters it, another confirms it
with the fingerprints that somebody over there reads aloud.

All raise NotAllowed, Refused (what was given cannot be, with the field) or Conflict (somebody was first).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from rapport.accounts.permissions import Permission
from rapport.contacts import instance, signed
from rapport.contacts.members import Member, apart, writes_here
from rapport.contacts.peers import holding, queueing
from rapport.contacts.peers.holding import confirmed, fingerprints
from rapport.contacts.peers.models import Peer, Terms, TermsState
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.operations.models import Operation
from rapport.oversight.ledger.chain import fingerprint
from rapport.oversight.models import DecisionKind
from rapport.oversight.record import decide
from rapport.registry.models import Actor

AGREE, SEND = Permission.CONTACTS_OFFICE_APPROVE, Permission.CONTACTS_MESSAGE_SEND
_KEY = re.compile(r"[0-9a-f]{64}")
_FINGERPRINT = re.compile(r"[0-9a-f]{16}")
MOST_RETIRED = 20  # [ours]
_EXPECTED = "as https://crisis.example/network"


@dataclass(frozen=True, slots=True)
class Entered:
    """What one person enters. `keys`: public keys in hexadecimal; `parties`: codes; `retired`: fingerprints."""

    instance: str
    title: str
    url: str
    parties: Sequence[str]
    keys: Sequence[str]
    retired: Sequence[str] = ()


@transaction.atomic
def enter(who: Member, given: Entered) -> Terms:
    """It counts once another person has confirmed it; until then what was confirmed before counts."""
    _allow(who)
    parties = _checked(who.operation, given)
    peer, _ = Peer.objects.get_or_create(instance=given.instance, defaults={"operation": who.operation})
    if peer.operation_id != who.operation.pk:
        if peer.terms.exclude(state=TermsState.REFUSED).exists():
            raise Refused("instance", "It is known in another operation already.", field="instance")
        peer.operation = who.operation
        peer.save(update_fields=["operation"])
    try:
        with transaction.atomic():
            made = Terms.objects.create(
                peer=peer, title=given.title.strip(), url=given.url.rstrip("/"), keys=[*given.keys],
                retired=[*given.retired], entered_by=who.person,
            )  # fmt: skip
    except IntegrityError as error:
        raise Conflict("What somebody entered about it waits already: decide about that first.") from error
    made.parties.set(parties)
    _note(who, made, f"entered how messages are exchanged with {peer.instance}")
    return made


def _checked(operation: Operation, given: Entered) -> list[Actor]:
    if not signed.INSTANCE.fullmatch(given.instance):
        raise Refused("instance", "Its name has small letters, digits, dots and hyphens.", field="instance")
    if given.instance == instance.name():
        raise Refused("instance", "This is the name of this instance.", field="instance")
    if not 1 <= len(given.title.strip()) <= 200:
        raise Refused("title", "Say in a few words whose instance it is.", field="title")
    _check_url(given.url)
    _check_keys(given.keys)
    if len(given.retired) > MOST_RETIRED or not all(map(_FINGERPRINT.fullmatch, given.retired)):
        raise Refused("retired", f"Give at most {MOST_RETIRED} fingerprints, each on its line.", field="retired")
    found = list(Actor.objects.filter(operation=operation, code__in=given.parties))
    unknown = set(given.parties) - {one.code for one in found}
    if unknown or not found:
        said = f"Nobody here is called {sorted(unknown)[0]}." if unknown else "Choose at least one party."
        raise Refused("parties", said, field="parties")
    if both := {fingerprint(bytes.fromhex(one)) for one in given.keys} & set(given.retired):
        raise Refused(
            "retired", f"{sorted(both)[0]} is the fingerprint of a key that is to count: enter one or the other.",
            field="retired",
        )  # fmt: skip
    for actor in found:
        _not_ours(actor)
    return found


def _check_keys(given: Sequence[str]) -> None:
    if not 1 <= len(given) <= signed.MOST_KEYS or not all(map(_KEY.fullmatch, given)):
        raise Refused("keys", "Give one public key of 64 figures, or two while they are exchanged.", field="keys")
    if {own.public.hex() for own in instance.own_keys()} & set(given):
        raise Refused("keys", "This is a key of this instance: enter the one that they gave you.", field="keys")


def _not_ours(actor: Actor) -> None:
    if writes_here(actor):
        raise Refused("parties", f"People of {actor.name} write from here: they are no party of another instance.",
                      field="parties")  # fmt: skip


def _check_url(url: str) -> None:
    if not url:
        return
    try:
        parts = urlsplit(url)
        host, sound = parts.hostname or "", parts.port != 0 and url.isascii() and url.isprintable() and " " not in url
    except ValueError:
        host, sound = "", False
    if sound and parts.scheme == "http" and host not in settings.POLL_INSIDE:
        raise Refused("url", f"Messages go over https:// only: write it so, {_EXPECTED}.", field="url")
    known = sound and parts.scheme in {"http", "https"}
    if not (known and host and len(url) <= 300 and not parts.query and not parts.fragment):
        raise Refused("url", f"Write the address of the operation over there, {_EXPECTED}.",
                      field="url")  # fmt: skip
    if len(parts.path.strip("/").split("/")) > 1 and {"contacts", "exchange"} & set(parts.path.split("/")):
        raise Refused("url", f"Leave out what stands behind the operation: {_EXPECTED}.", field="url")
    if parts.username or parts.password or not parts.path.strip("/"):
        raise Refused("url", "The address names a host and an operation, and no password.", field="url")
    own = settings.PUBLIC_URL.rstrip("/").lower()
    if own and f"{url.lower()}/".startswith(f"{own}/"):
        raise Refused("url", "This is the address of this instance: enter theirs.", field="url")


@transaction.atomic
def confirm(who: Member, terms: Terms, heard: str) -> int:
    """`heard`: the eight groups of each key, as somebody over there read them aloud. Never by who entered them. How
    many messages that were sent to these parties before, and went nowhere, go now."""
    waiting = _waiting(who, terms)
    if waiting.entered_by_id == who.person.pk:
        raise Refused("two_people", "You entered this yourself: another person confirms it.")
    apart(who, waiting.entered_by)
    if not holding.heard(waiting, heard):
        raise Refused(
            "heard",
            "These are not the keys that were entered: each has eight groups of four figures. Call again, on a number"
            " that you know; if they differ still, refuse what was entered.",
            field="heard",
        )  # fmt: skip
    _only_theirs(waiting)
    Terms.objects.filter(peer=waiting.peer, state=TermsState.CONFIRMED).update(state=TermsState.REPLACED)
    _decided(who, waiting, TermsState.CONFIRMED)
    Peer.objects.filter(pk=waiting.peer_id).update(
        ended_at=None, ended_by=None, line_tries=0, line_since=None, line_next_at=None, line_problem="", strange_at=None
    )
    _note(who, waiting, f"confirmed how messages are exchanged with {waiting.peer.instance}")
    return queueing.queue_earlier(waiting, timezone.now())


def _only_theirs(waiting: Terms) -> None:
    """A party writes from one instance: from another one somebody else could write in its name."""
    for actor in waiting.parties.all():
        other = confirmed(waiting.peer.operation_id).filter(parties=actor).exclude(peer=waiting.peer).first()
        if other is not None:
            raise Refused(
                "parties", f"{actor.name} writes from {other.peer.instance}: end that first.", field="parties"
            )
        _not_ours(actor)


@transaction.atomic
def refuse(who: Member, terms: Terms) -> None:
    """What was entered does not count; what was confirmed before does. Whoever entered it can do so too."""
    waiting = _waiting(who, terms)
    _decided(who, waiting, TermsState.REFUSED)
    _note(who, waiting, f"refused what was entered about {waiting.peer.instance}")


@transaction.atomic
def end(who: Member, peer: Peer) -> None:
    """At once, by one person: nothing goes there and nothing is taken from there. All that was exchanged stays."""
    _allow(who)
    if not Peer.objects.filter(pk=peer.pk, ended_at=None).update(ended_at=timezone.now(), ended_by=who.person):
        raise Conflict("It has ended already.")
    Terms.objects.filter(peer=peer, state=TermsState.CONFIRMED).update(state=TermsState.REPLACED)
    after = {"said": f"ended the exchange of messages with {peer.instance}", "peer": peer.pk}
    decide(who.person, who.operation.pk, DecisionKind.CONTACT, before={}, after=after)


@transaction.atomic
def called(who: Member, peer: Peer) -> None:
    """Somebody on duty or of the team has called them about a key that is not agreed: nobody is told of it for a day.
    What signs with it is not taken, before and after."""
    if not (who.may(AGREE) or (who.may(SEND) and who.actors)):
        raise NotAllowed("Whoever is on duty, or of the network's team, calls them.")
    if not Peer.objects.filter(pk=peer.pk).exclude(strange_at=None).update(strange_at=None):
        raise Conflict("Somebody has called them already.")
    after = {"said": f"called {peer.instance} about a key that is not agreed", "called": peer.pk}
    decide(who.person, who.operation.pk, DecisionKind.CONTACT, before={}, after=after)


# --- what they have in common --------------------------------------------------------------------------------------


def _allow(who: Member) -> None:
    if not who.may(AGREE):
        raise NotAllowed(f"This needs the permission {AGREE.value}.")


def _waiting(who: Member, terms: Terms) -> Terms:
    _allow(who)
    found = Terms.objects.select_for_update().get(pk=terms.pk)
    if found.state != TermsState.WAITING:
        raise Conflict("Somebody has decided about it already.")
    return found


def _decided(who: Member, waiting: Terms, state: TermsState) -> None:
    waiting.state, waiting.decided_by, waiting.decided_at = state, who.person, timezone.now()
    waiting.save(update_fields=["state", "decided_by", "decided_at"])


def _note(who: Member, terms: Terms, said: str) -> None:
    after = {"said": said, "terms": terms.pk, "keys": fingerprints(terms)}
    decide(who.person, who.operation.pk, DecisionKind.CONTACT, before={}, after=after)
