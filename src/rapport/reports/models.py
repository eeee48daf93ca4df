"""What was said, and by whom. A report is kept as it came: content columns are never updated (a trigger holds it), only
emptied for good when it is destroyed (retention.py)."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from rapport.oversight import keys
from rapport.values import Address, Trust

#: Begin of the pseudonyms of destroyed senders; no other has this letter.
DESTROYED = "~"


class Sender(models.Model):
    """Somebody who sends messages in one operation. Known everywhere by the pseudonym; the address is sealed.

    A destroyed one has no address, and a pseudonym of chance that begins with DESTROYED: who writes again is another.
    """

    pseudonym = models.CharField(max_length=22, primary_key=True)
    operation = models.ForeignKey("operations.Operation", on_delete=models.PROTECT, related_name="senders")
    kind = models.CharField(max_length=10)  # of values.Address: tel, whatsapp, email, …, name
    address_sealed = models.BinaryField()
    language = models.CharField(max_length=12, blank=True)
    stopped_at = models.DateTimeField(null=True)  # said STOP: nothing is sent until START
    trust = models.CharField(max_length=8, choices=[(t.value, t.value) for t in Trust], default=Trust.UNKNOWN.value,
                             db_default=Trust.UNKNOWN.value)  # fmt: skip
    created_at = models.DateTimeField(default=timezone.now)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["operation"], name="sender_blocked", condition=models.Q(trust=Trust.BLOCKED.value)),
        ]

    def __str__(self) -> str:
        return self.pseudonym

    @property
    def address(self) -> Address:
        """Only to answer the sender, and for whoever broke the glass (desk/glass); never into another page, a log or an
        export."""
        return Address(self.kind, keys.unseal("addresses", bytes(self.address_sealed)).decode())


class Silence(models.Model):
    """That somebody who was destroyed said STOP, or was blocked: should they write again, it holds for them. `mark` is
    a keyed hash (oversight/keys.py:silence_mark); nothing leads from here to what they had sent."""

    mark = models.CharField(max_length=22, primary_key=True)
    stopped = models.BooleanField(default=False)
    blocked = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.mark


class Standing(models.TextChoices):
    """Where a report stands. Every report is in exactly one of these: the books balance."""

    WAITING = "waiting", "on the desk"
    IN_EVENT = "in_event", "part of an event"
    REJECTED = "rejected", "rejected"
    WITHDRAWN = "withdrawn", "withdrawn"  # an import rolled back: kept, counted nowhere, back when imported again
    TAKEN = "taken", "taken up elsewhere"  # an answer to something that another room had sent (plugins.INBOUND)
    DESTROYED = "destroyed", "destroyed before anybody decided"  # it waited when its words were destroyed


class Report(models.Model):
    """A Message kept. The outside knows it by `ref`, which follows from the message key: a replay has it too."""

    # content: written once
    operation = models.ForeignKey("operations.Operation", on_delete=models.PROTECT, related_name="reports")
    source = models.ForeignKey("operations.Source", on_delete=models.PROTECT, related_name="reports")
    ref = models.CharField(max_length=26, unique=True)  # base32 of the 128-bit message key
    received_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)  # as the other side says
    sender = models.ForeignKey(Sender, null=True, on_delete=models.PROTECT, related_name="reports")
    text = models.TextField()
    language_said = models.CharField(max_length=12, blank=True)
    categories_said = models.JSONField(default=list)  # codes the sender or file named
    lon = models.FloatField(null=True)  # as the sender or file gave it, checked only for being a coordinate
    lat = models.FloatField(null=True)
    place_said = models.CharField(max_length=300, blank=True)
    fields = models.JSONField(default=dict)  # everything else that came, without address and secrets
    extra = models.JSONField(default=dict)  # the operation's extra fields: code → typed value
    original_sealed = models.BinaryField(null=True)  # the request byte for byte (holds the address, so sealed)

    # bookkeeping: where it stands
    standing = models.CharField(max_length=10, choices=Standing, default=Standing.WAITING)
    understood = models.BooleanField(default=False)  # the worker has written its suggestions
    import_no = models.BigIntegerField(null=True)  # the import (intake/imports) that brought it, or brought it back

    # bookkeeping: its place in the queue, see desk/queue/priority.py
    rank = models.FloatField(default=0.0)  # the highest is worked on first; does not change as time goes by
    urgency = models.PositiveSmallIntegerField(default=0)  # 0 to 3
    urgency_heard = models.PositiveSmallIntegerField(db_default=0)  # 0 to 3, as its words suggest; nobody has said so
    people = models.PositiveIntegerField(null=True)  # how many it speaks of, at least
    for_verifier = models.BooleanField(default=False)  # escalated: offered to verifiers only
    for_translator = models.BooleanField(default=False)  # offered to translators first

    destroyed_at = models.DateTimeField(null=True)  # since when its words are gone for good

    class Meta:
        indexes = [
            models.Index(
                fields=["operation", "-rank", "id"], name="report_queue", condition=models.Q(standing="waiting")
            ),
            models.Index(fields=["import_no", "id"], name="report_import", condition=models.Q(import_no__isnull=False)),
            models.Index(fields=["id"], name="report_new", condition=models.Q(understood=False)),
            models.Index(fields=["sender", "id"], name="report_sender"),
            models.Index(fields=["operation", "standing"], name="report_standing"),
        ]

    def __str__(self) -> str:
        return self.ref


class Translation(models.Model):
    """A person's translation; it stands beside the original."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="translations")
    language = models.CharField(max_length=12)
    text = models.TextField()
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.report_id} {self.language}"


class SuggestionKind(models.TextChoices):
    LANGUAGE = "language", "language"
    PLACE = "place", "place"
    CATEGORY = "category", "category"
    NEAR_DUPLICATE = "near_duplicate", "near-duplicate"
    URGENCY = "urgency", "urgency"


class Suggestion(models.Model):
    """What an automated function believes about a report, with its reasons. Nothing follows from it by itself.

    `value` by kind: language {code} · place {lon, lat, precision, radius_m, name, pcode} · category {code} ·
    near_duplicate {report} · urgency {level}, 1 to 3. Which event a report belongs to is asked anew whenever its page
    is shown (desk/report/belonging.py). `reasons` is a list of sentences' parts a person can read.
    """

    #: Without an index of its own: suggestion_report begins with it.
    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="suggestions", db_index=False)
    kind = models.CharField(max_length=16, choices=SuggestionKind)
    value = models.JSONField()
    #: The report that a near-duplicate's value names: by it one gets from a report to the later ones. An index on the
    #: JSON would not do: SQLite trusts no schema that reads JSON.
    named = models.BigIntegerField(null=True, editable=False)
    score = models.FloatField()  # 0 to 1, comparable within one function only
    reasons = models.JSONField(default=list)
    function = models.CharField(max_length=60)  # name and version of the automated function
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["report", "kind"], name="suggestion_report"),
            models.Index(fields=["named"], name="suggestion_named", condition=models.Q(named__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.score:.2f}"


class Signature(models.Model):
    """The MinHash of a report's text, by which near-duplicates are found again after a restart."""

    report = models.OneToOneField(Report, on_delete=models.CASCADE, primary_key=True, related_name="signature")
    minhash = models.BinaryField()

    def __str__(self) -> str:
        return str(self.report_id)


class Overload(models.Model):
    """What the worker could not do at once, by hour (UTC) and language: kept for good, so that silence is never read as
    calm. `language`: a code, "" where unsure."""

    operation = models.ForeignKey("operations.Operation", on_delete=models.CASCADE, related_name="overloads")
    hour = models.DateTimeField()
    language = models.CharField(max_length=12, blank=True)
    late = models.PositiveIntegerField(default=0)  # reports whose suggestions came later than they should
    longest_s = models.PositiveIntegerField(default=0)  # seconds that one of these waited
    repeated = models.PositiveIntegerField(default=0)  # reports that got the suggestions of one with the same words
    left_out = models.PositiveIntegerField(default=0)  # reports of large groups, gone over when it was calm again

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operation", "hour", "language"], name="one_overload")]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H} {self.language} {self.late}"


class LeftOut(models.Model):
    """A report that was only put beside the ones like it, because there was no time for more; gone over in calm."""

    report = models.OneToOneField(Report, on_delete=models.CASCADE, primary_key=True, related_name="left_out")

    def __str__(self) -> str:
        return str(self.report_id)


class AttachmentState(models.TextChoices):
    WAITING = "waiting", "waiting to be cleaned"
    CLEAN = "clean", "a cleaned copy can be looked at"
    REFUSED = "refused", "no safe copy can be made"


class Attachment(models.Model):
    """A file that came with a report. The original is sealed with a key of its own, on disk, and opened by nobody but
    the one who cleans it; people get the cleaned copy: re-encoded, without whatever else the file carried."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="attachments")
    number = models.PositiveSmallIntegerField()  # within the report, from 1
    name = models.CharField(max_length=200, blank=True)  # as the sender's device called it, made harmless
    said_type = models.CharField(max_length=100, blank=True)
    found_type = models.CharField(max_length=100)  # by its first bytes
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)  # of the original
    key_sealed = models.BinaryField()  # the key of its files; destroying it destroys original and copy
    stored = models.CharField(max_length=32, unique=True)  # the name of its files on disk, see attachments/store.py
    received_at = models.DateTimeField(default=timezone.now)

    state = models.CharField(max_length=8, choices=AttachmentState, default=AttachmentState.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)  # times the worker has begun with it
    problem = models.CharField(max_length=200, blank=True)  # why it was refused, or what the copy lacks, in words
    copy_type = models.CharField(max_length=100, blank=True)
    copy_size = models.PositiveBigIntegerField(default=0)
    copy_sha256 = models.CharField(max_length=64, blank=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    seconds = models.FloatField(null=True)
    pages = models.PositiveIntegerField(null=True)
    small_size = models.PositiveIntegerField(default=0)  # bytes of the small picture, 0 where there is none
    # As the outside knows it, from when readers get it first: by chance, since the key would count what is hidden.
    ref = models.CharField(max_length=8, null=True)
    published_in = models.BigIntegerField(null=True)  # the event with which a Decision about this one file shows it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["report", "number"], name="one_attachment_number"),
            models.UniqueConstraint(fields=["ref"], name="one_attachment_ref", condition=models.Q(ref__isnull=False)),
        ]
        indexes = [
            models.Index(fields=["id"], name="attachment_new", condition=models.Q(state="waiting")),
            models.Index(
                fields=["published_in"], name="attachment_published", condition=models.Q(published_in__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report_id}/{self.number}"
