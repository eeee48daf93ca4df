"""Pure: the register of automated functions. What runs by itself here stands in this table, or in NOT_REGISTERED with
the reason; tests/guards/test_register.py compares both with the code.

Where the line is drawn: a function stands here if it suggests, ranks, groups, hides, sends, takes in, or changes what a
person sees, without a person having asked for just that. What only stores, indexes or shows what people decided does
not. `name`, `purpose` and `reads` are read by everybody, and translated; the rest is for the desk and the documents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rapport.accounts.permissions import Permission, Role


def _(text: str) -> str:
    """Marks a text that the pages translate: web/messages.py collects it."""
    return text


@dataclass(frozen=True, slots=True)
class Function:
    """One automated function.

    `code`: dotted paths of what runs it, the first one begins. `suggests`: kinds of Suggestion that it writes; `jobs`:
    names of worker's jobs that it is (plugins.JOBS). `card`: the page of docs/ that says how well it does, with its
    heading; "" where nothing is estimated. `while_stopped` and `resumed`: what then happens, and what of it is taken up
    afterwards. `harm`: why stopping it is dangerous, and how that fails safe; "" where it is not.
    """

    id: str
    name: str
    purpose: str
    reads: str
    writes: str
    code: tuple[str, ...]
    while_stopped: str
    resumed: str
    harm: str = ""
    suggests: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    card: str = ""
    owner: Role = Role.LEAD
    stop: Permission = Permission.OPERATIONS_FUNCTION_STOP


#: The one with a switch of its own: desk/sending/outbox.py.
SENDING = "sending"
_READ_AGAIN = "Reports that came meanwhile and still wait are read again, the oldest first, when the worker has time."
_CARD = "reference/text-engine.md#how-good-the-answers-are"
_ON_THE_DESK = "Whoever reads the report says it."

REGISTER: tuple[Function, ...] = (
    Function(
        id="language",
        name=_("Telling the language"),
        purpose=_("Says in which language a message is written, so that it goes to people who read it."),
        reads=_("The words of the message."),
        writes="A suggested language beside the report; the language of the automatic answer.",
        code=("rapport.text.chain.languages", "rapport.text.language.language_of"),
        suggests=("language",),
        card=_CARD,
        while_stopped=f"No language is suggested, and answers are in the language of the way in. {_ON_THE_DESK} Inside"
        " the engine the words are still counted by language, of which nothing is written.",
        resumed=_READ_AGAIN,
    ),
    Function(
        id="categories",
        name=_("Suggesting what it is about"),
        purpose=_("Suggests categories, such as water or food. A person keeps them or leaves them out."),
        reads=_("The words of the message, and what the model learned from earlier messages."),
        writes="Suggested categories beside the report, each with how sure and by which words.",
        code=("rapport.text.chain.labels", "rapport.text.labels.model.judged"),
        suggests=("category",),
        card=_CARD,
        while_stopped=f"No category is suggested. {_ON_THE_DESK}",
        resumed=_READ_AGAIN,
    ),
    Function(
        id="urgency",
        name=_("Hearing urgency"),
        purpose=_(
            "Suggests how urgent a message is, so that it is read sooner. It counts less than what a person says."
        ),
        reads=_("The words of the message."),
        writes="A suggested urgency, 0 to 3, beside the report; how far ahead it stands in the queue.",
        code=("rapport.text.urgency.urgencies", "rapport.desk.queue.ranks.hear"),
        suggests=("urgency",),
        card=_CARD,
        while_stopped="No urgency is suggested, and none moves a report ahead: what the sender named and what people"
        " set still counts.",
        resumed=_READ_AGAIN,
    ),
    Function(
        id="places",
        name=_("Finding the place"),
        purpose=_("Suggests which place a message means. A person confirms it before anything stands on the map."),
        reads=_("The words of the message, the place that came with it, and the list of places here."),
        writes="Suggested places beside the report, with the words that name them; the likeliest stands in the form.",
        code=("rapport.text.chain.named_places", "rapport.intake.suggestions.of_places"),
        suggests=("place",),
        card=_CARD,
        while_stopped=f"No place is suggested, and nobody is asked for one by an automatic answer. {_ON_THE_DESK}",
        resumed=_READ_AGAIN,
    ),
    Function(
        id="personal-data",
        name=_("Noticing personal data"),
        purpose=_("Marks numbers, addresses and names of people, and warns where somebody could be put at risk."),
        reads=_("The words of the message."),
        writes="A warning above the draft, marks in the text; it empties titles that standing orders would publish.",
        code=("rapport.text.chain.personal_data", "rapport.desk.report.why.care"),
        card=_CARD,
        while_stopped="Every message counts as if it described a person at risk: the desk is warned about each,"
        " standing orders publish no words of it, and no names of places are learned.",
        resumed="The desk's pages judge each message again when they are opened. Titles left empty stay empty.",
        harm="Without it a number or a hiding place could reach the map. So stopping it hides more, never less; and"
        " what people write is still refused where it holds a number or an address.",
    ),
    Function(
        id="near-duplicates",
        name=_("Putting alike messages together"),
        purpose=_("Finds messages that say nearly the same, so that one person can decide about them together."),
        reads=_("The words, time and place of the messages of the last two weeks."),
        writes="Beside the report up to five earlier ones that say nearly the same; a fingerprint of its words.",
        code=("rapport.text.chain.signatures", "rapport.events.matching.NearDuplicates", "rapport.desk.alike.near"),
        suggests=("near_duplicate",),
        card=_CARD,
        while_stopped="Reports are put beside no others, also those for which it was said before. Fingerprints are"
        " still kept: without them one person's words could pass for two senders'.",
        resumed=_READ_AGAIN,
    ),
    Function(
        id="which-event",
        name=_("Suggesting which event it belongs to"),
        purpose=_("Shows up to three events that a message may be about. A person chooses one, or none."),
        reads=_("The words, time, place and categories of the message and of the events here."),
        writes="Nothing: it is worked out whenever the report's page is opened.",
        code=("rapport.desk.report.belonging.belonging", "rapport.events.matching.events_for"),
        while_stopped="No event is offered: people search for it.",
        resumed="At once, on each page that is opened.",
    ),
    Function(
        id="same-events",
        name=_("Suggesting that two events are one"),
        purpose=_("Shows events that may be the same as another one. A person merges them, or does not."),
        reads=_("The place, time, categories and names of the events here."),
        writes="Nothing: it is worked out when somebody wants to merge an event.",
        code=("rapport.desk.event.merge_pages.near",),
        while_stopped="No other event is offered: people search for it.",
        resumed="At once, on each page that is opened.",
    ),
    Function(
        id="overload",
        name=_("Reading a sample when too much comes in"),
        purpose=_(
            "When messages come faster than they can be read by machine, of many alike only some are read at once."
            " All are kept, and read later."
        ),
        reads=_("How long messages wait, and which ones are alike."),
        writes="Which reports were left for later; the record of how many, by hour and language.",
        code=("rapport.intake.overload.sampled", "rapport.intake.overload.behind"),
        while_stopped="Every report is read in its turn: suggestions come the later the more comes in. What was left"
        " for later before is still read.",
        resumed="With the next messages, if they still wait too long.",
    ),
    Function(
        id="standing-orders",
        name=_("Standing orders"),
        purpose=_(
            "Makes events of certain messages by a rule that a named person of the team signed and can revoke."
        ),
        reads=_("Where the message came from, what stands in its fields, and whether its place is in the area."),
        writes="Events, published or not, with a status; each is a decision of the person who signed.",
        code=("rapport.desk.standing_orders.orders.apply", "rapport.desk.standing_orders.rules.effects"),
        while_stopped="No order makes a decision: the reports wait on the desk for a person.",
        resumed="For reports that come from then on. Those that wait on the desk are left to people, who may have read"
        " them.",
    ),
    Function(
        id="corroboration",
        name=_("Counting independent senders"),
        purpose=_("Counts how many people told of an event who do not repeat each other. People draw the conclusion."),
        reads=_("Who sent the messages of an event, under pseudonyms, and whether they use the same words."),
        writes="A number beside the event; it refuses “corroborated” below two.",
        code=("rapport.events.sources.independent", "rapport.desk.books.senders_among"),
        while_stopped="The number is not shown, nothing can be marked as corroborated, and no names of places are"
        " learned.",
        resumed="At once, on each page that is opened.",
        harm="Without the count one sender who repeats themselves could corroborate a rumour. So stopping it refuses"
        " “corroborated”; what is corroborated already stays, and is still guarded when decisions are taken back.",
    ),
    Function(
        id="queue",
        name=_("The order of the desk's queue"),
        purpose=_("Puts first what is urgent, concerns many people, or waits long. Everything is read in the end."),
        reads=_("Urgency, number of people, whether the sender is trusted, and when the message came."),
        writes="The place of each report in the queue.",
        code=("rapport.desk.queue.priority.rank", "rapport.desk.queue.leases.waiting"),
        while_stopped="Reports are shown and given out in the order in which they came; what people passed to a"
        " verifier stays first.",
        resumed="At once: the places were counted on.",
    ),
    Function(
        id="leases",
        name=_("Giving a message back to the queue"),
        purpose=_("When somebody of the team has held a message for ten minutes, others may take it."),
        reads=_("Who of the team took which message, and when."),
        writes="Nothing: the hold is over by the clock.",
        code=("rapport.desk.books.lapsed_at",),
        while_stopped="Whoever holds a report keeps it until they decide or give it back.",
        resumed="Holds that are over by then end at once.",
        harm="A report held by somebody who went home reaches nobody else. Who holds one can still give it back.",
    ),
    Function(
        id="replies",
        name=_("Automatic answers"),
        purpose=_("Sends a short answer to who wrote: that the message came, or asks for the place."),
        reads=_("Whether the message names a place, its language, and whether it says STOP."),
        writes="A message in the outbox, at most five an hour to one sender.",
        code=("rapport.intake.replies.reply_to",),
        while_stopped="No answer is written. STOP is still obeyed, without a word that it was: else messages would go"
        " to people who want none.",
        resumed="For messages that come from then on. Who wrote meanwhile is not answered late.",
    ),
    Function(
        id=SENDING,
        name=_("Sending messages"),
        purpose=_("Hands answers and questions of the team to the phone network or the mail server."),
        reads=_("What waits to be sent, and the sealed address of who gets it."),
        writes="What became of each message: sent, delivered, failed, perhaps sent.",
        code=("rapport.notify.send.send", "rapport.notify.gateway.fetch"),
        jobs=("send",),
        stop=Permission.NOTIFY_SENDING_STOP,
        while_stopped="Nothing goes out, not even what is being prepared. This is the stop button under Messages out.",
        resumed="What waits goes out, unless somebody took it back.",
    ),
    Function(
        id="attachments",
        name=_("Cleaning photos and files"),
        purpose=_("Makes a copy of each file without what it tells beside the picture, and refuses unsafe files."),
        reads=_("The files that came with messages."),
        writes="The cleaned copy that people look at, or why there is none.",
        code=("rapport.reports.attachments.work.clean",),
        jobs=("attachments",),
        while_stopped="Files that come wait uncleaned, and nobody sees them.",
        resumed="All that wait are cleaned, photos first.",
        harm="An uncleaned file can tell where its sender lives, or attack who opens it. So nobody gets one.",
    ),
    Function(
        id="imports",
        name=_("Taking in files of messages"),
        purpose=_("Works out what the columns of a file mean, and takes its rows in after a person has confirmed it."),
        reads=_("The files that the team uploads."),
        writes="A proposal of how the file is read; its rows as reports, in batches.",
        code=("rapport.intake.imports.run.step", "rapport.intake.imports.guess.propose"),
        jobs=("import",),
        while_stopped="Files wait where they are, half taken in perhaps; what is being rolled back goes on.",
        resumed="Each goes on behind the row where it stood.",
    ),
    Function(
        id="polling",
        name=_("Asking mailboxes and feeds"),
        purpose=_("Looks for new letters, news, warnings and public posts where the team told it to."),
        reads=_("The mailboxes, feeds and accounts that the team set up under Ways in."),
        writes="What is new there as reports; when it looked, and why it could not.",
        code=("rapport.intake.polling.work.poll",),
        jobs=("poll",),
        while_stopped="Nobody is asked. What comes meanwhile stays where it is, as long as the other side keeps it.",
        resumed="All are asked again within a minute; what is still there comes in.",
    ),
    Function(
        id="names",
        name=_("Learning names of places"),
        purpose=_("Learns what people call a place, when messages of several independent senders agree."),
        reads=_("Messages that people of the team have placed on the map."),
        writes="Names of places, used to suggest places; listed under Names.",
        code=("rapport.desk.learning.names.learn_when_due",),
        jobs=("names",),
        while_stopped="No name is learned or forgotten. Those learned before stay, and can be taken away under Names.",
        resumed="All is learned anew from what people decided, also meanwhile.",
    ),
    Function(
        id="training",
        name=_("Learning from the team's decisions"),
        purpose=_("Makes a new model from the categories that people chose. It is used only when a person says so."),
        reads=_("Messages of this operation, their translations, and the categories that people chose."),
        writes="A file with the new model and its card, on this machine.",
        code=("rapport.desk.learning.readings.readings",),
        card=_CARD,
        while_stopped="No model is made from what people decide here. The one in use goes on.",
        resumed="With the next model that somebody makes: nothing waits.",
    ),
    Function(
        id="retention",
        name=_("Destroying what is due"),
        purpose=_("Destroys addresses, messages and files when the time is over for which they were to be kept."),
        reads=_("When a message came, and how long this operation keeps what people send."),
        writes="Nothing but what was destroyed, and its proof in the ledger.",
        code=("rapport.oversight.retention.run.work",),
        jobs=("retention",),
        while_stopped="No run of the schedule begins; what was asked for by a person is destroyed all the same.",
        resumed="What is due by then is destroyed within the day.",
        harm="What people sent stays longer than they were told: say so where they can read it.",
    ),
    Function(
        id="contacts",
        name=_("Watching over contacts"),
        purpose=_(
            "In a network of offices: sends test messages at moments that nobody foresees, notes who answered, says"
            " which time has run out, and reminds offices whose record nobody confirmed for long."
        ),
        reads=_("Answers to test messages, when messages between offices were sent and answered, and when records were"
                " confirmed."),
        writes="Test messages and reminders in the outbox; outcomes of pings, and their totals for members; clocks"
        " that were not met, shown to the two sides alone.",
        code=("rapport.contacts.work.step", "rapport.contacts.pings.answering.take"),
        jobs=("contacts",),
        while_stopped="No ping goes out and none is decided; clocks still show on the pages, and nobody is told that"
        " one has run out. An answer that comes stays on the desk.",
        resumed="What was due meanwhile goes out and is told then, each once; a ping only while its window is open,"
        " else it leaves its round.",
        harm="An office that owes an answer hears no alarm: look at the duty view by hand, which says so at its top.",
    ),
)  # fmt: skip

#: What runs by itself, or reads messages, and does not stand above: dotted path → why.
NOT_REGISTERED: Mapping[str, str] = {
    "rapport.intake.understand.understand": "calls the functions above one after the other, and decides nothing itself",
    "rapport.intake.limits.check": "refuses what comes too fast, and tells the sender so",
    "rapport.intake.keep.message_ref": "knows a message that was sent twice by its id, and keeps it once",
    "rapport.events.live.view": "the index of the map: it shows what people published, and is made anew at any time",
    "rapport.events.due.tell_when_due": "tells release logs when a delay or a date that people agreed on is over; the"
    " protocol gives and ends it at that moment, whether told or not",
    "rapport.oversight.ledger.seal.seal_when_due": "chains and signs what was recorded; it changes nothing else, and"
    " stopping it would only hide what is altered meanwhile",
    "rapport.sharing.policy.decide": "applies the sharing rules; its ruling and reason stand with each thing shown, and"
    " what should not be shown is withdrawn by a person",
    "rapport.events.mapdata.clusters": "draws near points as one, with their number, so that a map can be read",
    "rapport.desk.report.finding.usual_categories": "puts under the number keys what people here choose most",
    "rapport.desk.event.responding.open_since": "says how long nobody has taken care of it; nothing expires by itself",
    "rapport.notify.hours.quiet_until": "keeps the quiet hours of the operation's file; a part of sending",
    "rapport.text.seen.seen": "explains a suggestion when somebody asks, and is stored nowhere",
    "rapport.contacts.cases.telling.tell": "tells an office that a message waits for it, as a part of sending that"
    " message, which two people did",
    "rapport.contacts.cases.telling.ask_second": "tells an office that a draft of its side waits for a second person,"
    " who decides whether it goes",
    "rapport.registry.crosswalk.near.near": "finds labels that are nearly the same when somebody asks; nothing is"
    " done about them",
    "rapport.contacts.peers.sending.post_when_due": "brings what two people sent to the instance that it is for, until"
    " a receipt is there; it chooses nothing",
    "rapport.reports.attachments.store.sweep": "removes files on disk that belong to no report",
}  # fmt: skip

_BY_ID: Mapping[str, Function] = {one.id: one for one in REGISTER}
_BY_KIND: Mapping[str, Function] = {kind: one for one in REGISTER for kind in one.suggests}
#: Of these, what came while they were stopped is read again afterwards.
READ_AGAIN = frozenset(one.id for one in REGISTER if one.suggests)


def find(function_id: str) -> Function | None:
    """The function of that id."""
    return _BY_ID.get(function_id)


def by_kind(kind: str) -> Function:
    """The function that writes suggestions of this kind; KeyError for a kind that none does."""
    return _BY_KIND[kind]
