"""The one registry: which channels there are, and who is told what a room above must know. To add one, add a line.

A channel is loaded on first use, by the dotted path that stands beside its name, and describes itself in a `Channel`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Any, Protocol

from rapport.errors import Refused
from rapport.values import Answer, Asked, Fetched, HttpRequest, Inbound, Json, Kept, Message, Outcome, Outgoing, Page

#: name in the address /in/NAME/TOKEN/ → module that holds `CHANNEL`
CHANNELS: Mapping[str, str] = {
    "africastalking": "rapport.intake.channels.africastalking",
    "kobotoolbox": "rapport.intake.channels.kobotoolbox",
    "plain": "rapport.intake.channels.plain",
    "rapidpro": "rapport.intake.channels.rapidpro",
    "smssync": "rapport.intake.channels.smssync",
    "twilio": "rapport.intake.channels.twilio",
}

#: name of a channel → module that holds `WAY_OUT`. E-mail is no channel of this kind: notify/mail.py.
CHANNELS_OUT: Mapping[str, str] = {
    "plain": "rapport.intake.channels.plain",
    "smssync": "rapport.intake.channels.smssync",
    "twilio": "rapport.intake.channels.twilio",
}

#: name of a channel whose messages the worker fetches → module that holds `POLLED`
POLLED: Mapping[str, str] = {
    "cap-feed": "rapport.intake.polling.cap_feed",
    "feed": "rapport.intake.polling.feed",
    "imap": "rapport.intake.polling.imap",
    "maildir": "rapport.intake.polling.maildir",
    "mastodon": "rapport.intake.polling.mastodon",
}

#: Called with an operation's id and the ids of its categories whose mark of persons at risk, or parent, changed, in the
#: transaction of that change; says what it did.
CategoriesChanged = Callable[[int, Set[int]], Sequence[str]]

#: Functions of that kind, by dotted path: loaded on use, because the rooms they live in stand above the one that calls.
CATEGORIES_CHANGED: tuple[str, ...] = ("rapport.events.categories.changed",)

#: Called with an operation's id and the codes of its extra fields of which readers now see more or less, in the
#: transaction of that change; says what it did.
FieldsChanged = Callable[[int, Set[str]], Sequence[str]]
FIELDS_CHANGED: tuple[str, ...] = ("rapport.events.extra.changed",)

#: Called with an operation's id and the P-codes (regions and communes) whose region the gazetteer gives otherwise now,
#: in the transaction of that change; says what it did.
RegionsChanged = Callable[[int, Set[str]], Sequence[str]]
REGIONS_CHANGED: tuple[str, ...] = ("rapport.events.regions.changed",)

#: Called with an operation's id when its file changed the order of its queue (weights, urgencies, fields that count
#: people), in the transaction of that change; says what it did.
QueueChanged = Callable[[int], Sequence[str]]
QUEUE_CHANGED: tuple[str, ...] = ("rapport.desk.queue.ranks.changed",)


#: Called with an operation's id when another protocol holds there, in the transaction of that change; says what it did.
ProtocolChanged = Callable[[int], str]
PROTOCOL_CHANGED: tuple[str, ...] = ("rapport.events.log.protocol_changed",)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A row that decides who sees what, as the ledger must have it.

    steps   what became of it → when by the row, and what the entry of that step says beside `became`; moments as such
    broken  what is wrong with the row in itself, in words; "" if nothing
    """

    number: int
    operation_id: int
    steps: Mapping[str, tuple[datetime, Mapping[str, Any]]]
    broken: str = ""


#: The key under which entries name such a row by its number → dotted path of a function that gives all rows there are.
RECORDED: Mapping[str, str] = {
    "protocol": "rapport.sharing.activation.recorded",
    "agreement": "rapport.sharing.agreements.recorded",
    "partner_key": "rapport.sharing.partner_keys.recorded",
    "glass": "rapport.desk.glass.breaking.recorded",
}


@dataclass(frozen=True, slots=True)
class Doomed:
    """What is to be destroyed now, in one operation.

    senders    pseudonym → the one of chance that stands in its place
    reports    ids of reports whose words go
    files      ids of reports whose attachments go
    imports    files of imports that came before this moment go, and any that brought these reports
    at         when
    held       reports that would be due but are held
    """

    operation_id: int
    at: datetime
    senders: Mapping[str, str] = field(default_factory=dict)
    reports: Sequence[int] = ()
    files: Sequence[int] = ()
    imports: datetime | None = None
    held: int = 0

    @property
    def nothing(self) -> bool:
        return not (self.senders or self.reports or self.files)


@dataclass(frozen=True, slots=True)
class Holder:
    """A room that holds what people sent, and destroys it.

    holds    what it holds, in words, and where: the page and the documentation say so
    destroy  empties the rows and takes away the files, in the transaction of whoever calls; kind → how many. Called
             again for the same it does no harm
    sealed   columns that hold what is sealed: purpose of the key, model, column
    tables   models whose tables are cleared of what was in them before
    """

    holds: Sequence[str]
    destroy: Callable[[Doomed], Mapping[str, int]]
    sealed: Sequence[tuple[str, str, str]] = ()
    tables: Sequence[str] = ()


#: Every room that holds anything of what people sent, by dotted path of its Holder; called in this order. What senders
#: are told by is changed when the others have found them; readers are told last, of what is left then.
RETENTION: tuple[str, ...] = (
    "rapport.desk.automated.retention.HOLDER",
    "rapport.intake.imports.retention.HOLDER",
    "rapport.intake.retention.HOLDER",
    "rapport.notify.retention.HOLDER",
    "rapport.oversight.retention.decisions.HOLDER",
    "rapport.reports.attachments.retention.HOLDER",
    "rapport.reports.retention.HOLDER",
    "rapport.desk.retention.published.HOLDER",
)

#: What a run is to destroy next: its id and how much at most. A room that knows reports, events and holds says so.
Due = Callable[[int, int], Doomed]
RETENTION_DUE = "rapport.desk.retention.due.due"


#: Called by the worker with an operation's id and ids of reports that nobody has looked through, before anything is
#: made of them; says which of them are answers to something of its own, and have their place there: the desk is not
#: asked about those.
Takes = Callable[[int, Sequence[int]], Set[int]]
INBOUND: tuple[str, ...] = ("rapport.contacts.pings.answering.take",)

#: What the worker does beside everything else: name → dotted path of a function that does a piece of it and says how
#: much that was, 0 when there is nothing to do. Each runs in a thread of its own.
JOBS: Mapping[str, str] = {
    "send": "rapport.notify.send.send",
    "understand": "rapport.intake.understand.understand",
    "attachments": "rapport.reports.attachments.work.clean",
    "import": "rapport.intake.imports.run.step",
    "names": "rapport.desk.learning.names.learn_when_due",
    "ledger": "rapport.oversight.ledger.seal.seal_when_due",
    "poll": "rapport.intake.polling.work.poll",
    "due": "rapport.events.due.tell_when_due",
    "retention": "rapport.oversight.retention.run.work",
    "contacts": "rapport.contacts.work.step",
    "exchange": "rapport.contacts.peers.sending.post_when_due",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing an operator fills in for a source of this channel."""

    name: str
    help: str
    secret: bool = False
    required: bool = True
    choices: tuple[str, ...] = ()  # it is one of these, or empty where it is not required
    carries: str = ""  # the secret that goes to the host which this setting names


@dataclass(frozen=True, slots=True)
class Channel:
    """A way in, described by itself. All functions are pure: bytes and settings in, values out.

    verify  raises Refused(status=403) unless the request proves where it comes from
    parse   the messages in the request, or Refused(status=400); by the settings where they name fields of the request
    answer  what the gateway is told when all its messages are kept (or were already there)
    refuse  what it is told when they are not
    """

    name: str
    title: str
    proof: str  # in words: how a request proves its origin
    settings: tuple[Setting, ...]
    verify: Callable[[Inbound, Mapping[str, str]], None]
    parse: Callable[[Inbound, Mapping[str, str]], Sequence[Message]]
    answer: Callable[[Inbound, Sequence[Kept]], Answer]
    refuse: Callable[[Refused], Answer]
    methods: tuple[str, ...] = ("POST",)
    max_bytes: int = 64 * 1024
    replies_inline: bool = False  # the gateway sends the reply that stands in our answer
    nameless: bool = False  # a request need not say who sent its message


class GetsPages(Protocol):
    """How a polled channel reaches other machines: intake/polling/fetch.py."""

    @property
    def inside(self) -> Set[str]: ...

    def get(self, url: str, headers: Mapping[str, str], most: int) -> Page: ...


@dataclass(frozen=True, slots=True)
class Polled:
    """A way in that the worker asks, described by itself.

    poll   called with the settings and what it remembered; gives what came since, the oldest first, or why a piece is
           not taken. When it is asked for the next one, the one before is on disk; it then notes that in what it
           remembers. Unanswered (intake/polling/fetch.py) or Refused where nothing can be had
    every  minutes between two visits, where the source's setting does not say
    """

    name: str
    title: str
    proof: str  # in words: what shows where its messages come from
    settings: tuple[Setting, ...]
    poll: Callable[[Mapping[str, str], dict[str, Json], GetsPages], Iterator[Fetched | Refused]]
    every: int


#: Setting of all of them: how often.
EVERY = Setting("minutes", "Minutes between two visits, 1 to 1440; empty as usual.", required=False)

#: Setting of channels whose replies can stand in our answer: where they go.
REPLIES = Setting(
    "replies",
    "Where replies go: in our answer to the gateway (answer, as by itself), or sent later through it (later).",
    required=False,
    choices=("answer", "later"),
)


@dataclass(frozen=True, slots=True)
class WayOut:
    """A way out through the gateway of a channel. All functions are pure: bytes and settings in, values out.

    lacks       what must be filled in before anything can be sent, in words; "" if nothing
    repeatable  whether the other side takes the same uuid twice for one message (where it fetches: whether it confirms
                before it sends)
    request     the call that sends a message; None where the gateway fetches
    read        what became of it: status, headers (lower case) and body of the answer
    asked       what a proven request of the gateway asks, other than to take a message; None if it brings one.
                Refused(400) for what cannot be read
    told        what the gateway is told: the messages to send, or the uuids confirmed or awaited
    """

    name: str
    kinds: Set[str]  # of Address: what it can reach
    lacks: Callable[[Mapping[str, str]], str]
    repeatable: Callable[[Mapping[str, str]], bool]
    asked: Callable[[Inbound], Asked | None]
    told: Callable[[Mapping[str, str], Asked, Sequence[Outgoing], Sequence[str]], Answer]
    request: Callable[[Mapping[str, str], Outgoing], HttpRequest] | None = None
    read: Callable[[int, Mapping[str, str], bytes], Outcome] | None = None


def way_out(name: str) -> WayOut | None:
    """How messages go out through a channel of that name; None where they cannot."""
    if name not in CHANNELS_OUT:
        return None
    loaded = import_module(CHANNELS_OUT[name]).WAY_OUT
    assert isinstance(loaded, WayOut)  # noqa: S101 - tells the type checker what the contract suite holds
    return loaded


def channel(name: str) -> Channel:
    """The channel of that name; KeyError if there is none."""
    loaded = import_module(CHANNELS[name]).CHANNEL
    assert isinstance(loaded, Channel)  # noqa: S101 - tells the type checker what the contract suite holds
    return loaded


def polled(name: str) -> Polled:
    """The polled channel of that name; KeyError if there is none."""
    loaded = import_module(POLLED[name]).POLLED
    assert isinstance(loaded, Polled)  # noqa: S101 - tells the type checker what the contract suite holds
    return loaded


def channel_settings(name: str) -> tuple[Setting, ...]:
    """What an operator fills in for a source of that channel; nothing for the form, the API and files."""
    if name in CHANNELS:
        return channel(name).settings
    return polled(name).settings if name in POLLED else ()


def inline_replies(name: str, settings: Mapping[str, str]) -> bool:
    """Whether the gateway sends the reply that stands in our answer; not so with the web form, API and files."""
    return name in CHANNELS and channel(name).replies_inline and settings.get(REPLIES.name) != "later"


def jobs() -> Mapping[str, Callable[[], int]]:
    """The worker's jobs by name."""
    return {name: _loaded(path) for name, path in JOBS.items()}


def retention() -> list[Holder]:
    """Every room that holds anything of what people sent."""
    found: list[Holder] = []
    for path in RETENTION:
        module, _, name = path.rpartition(".")
        found.append(getattr(import_module(module), name))
    return found


def retention_due() -> Due:
    return _loaded(RETENTION_DUE)


def recorded() -> Mapping[str, Sequence[Recorded]]:
    """Every row that decides who sees what, as it is now."""
    return {name: list(_loaded(path)()) for name, path in RECORDED.items()}


def _loaded(path: str) -> Callable[..., Any]:
    module, _, name = path.rpartition(".")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found


def inbound() -> Iterator[Takes]:
    """Whoever may take a message before the desk is asked."""
    for path in INBOUND:
        yield _loaded(path)


def queue_changed() -> Iterator[QueueChanged]:
    """Whoever wants to know that the order of a queue changed."""
    for path in QUEUE_CHANGED:
        yield _loaded(path)


def categories_changed() -> Iterator[CategoriesChanged]:
    """Whoever wants to know that categories changed."""
    for path in CATEGORIES_CHANGED:
        yield _loaded(path)


def fields_changed() -> Iterator[FieldsChanged]:
    """Whoever wants to know that extra fields changed."""
    for path in FIELDS_CHANGED:
        yield _loaded(path)


def regions_changed() -> Iterator[RegionsChanged]:
    """Whoever wants to know that regions changed."""
    for path in REGIONS_CHANGED:
        yield _loaded(path)


def protocol_changed() -> Iterator[ProtocolChanged]:
    """Whoever wants to know that another protocol holds."""
    for path in PROTOCOL_CHANGED:
        yield _loaded(path)
