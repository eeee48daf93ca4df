"""What was not taken: counted, not stored. And imports: files that come in as one step that can be taken back."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class RefusalCount(models.Model):
    """How many messages of a source were refused on a day (UTC), by reason. No content, no addresses."""

    source = models.ForeignKey("operations.Source", null=True, on_delete=models.CASCADE, related_name="refusals")
    day = models.DateField()
    reason = models.CharField(max_length=40)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "day", "reason"], name="one_refusal_count", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.count}"


class Poll(models.Model):
    """How the visits to a source go that the worker asks: when the next one is, how the last one went, and how far we
    came there (`state`: marks of a page, the number of the last letter; no content, no addresses of people)."""

    source = models.ForeignKey("operations.Source", on_delete=models.CASCADE, related_name="polls")
    next_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)  # the last visit without a problem
    failures = models.PositiveIntegerField(default=0)  # one after the other
    problem = models.CharField(max_length=300, blank=True)  # in words, of the last visit; "" if there was none
    new = models.BigIntegerField(default=0)  # messages in all
    state = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source"], name="one_poll")]
        indexes = [models.Index(fields=["next_at"], name="poll_next")]

    def __str__(self) -> str:
        return f"{self.source_id} {self.next_at}"


class ImportState(models.TextChoices):
    READ = "read", "being looked through"  # the dry run over the whole file
    READY = "ready", "waiting for a person"  # looked through; nothing was kept yet
    RUNNING = "running", "coming in"
    PAUSED = "paused", "paused"
    DONE = "done", "in"
    FAILED = "failed", "stopped by a fault"
    ROLLING_BACK = "rolling_back", "being rolled back"
    ROLLED_BACK = "rolled_back", "rolled back"


#: States in which an import has work that the worker, or the command, does.
WORKED_ON = (ImportState.READ, ImportState.RUNNING, ImportState.ROLLING_BACK)


class Import(models.Model):
    """One file that comes in as one step: looked through, confirmed, kept in batches, taken back as a whole.

    The rows up to number `done_rows` (as a spreadsheet counts) are settled for good; whoever finds a running import
    goes on behind them. `read_rows` is the same of the dry run, `total_rows` the number of the last row.
    """

    operation = models.ForeignKey("operations.Operation", on_delete=models.PROTECT, related_name="imports")
    source = models.ForeignKey("operations.Source", null=True, on_delete=models.PROTECT, related_name="imports")
    person = models.ForeignKey("accounts.Person", null=True, on_delete=models.PROTECT, related_name="imports")
    file_name = models.CharField(max_length=200)
    stored = models.CharField(max_length=80)  # name under RAPPORT_DATA_DIR/imports
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    plan = models.JSONField(default=dict)  # how it is read, and what its columns mean: imports/plan.py
    evidence = models.JSONField(default=dict)  # why the plan was proposed: imports/guess.py
    state = models.CharField(max_length=12, choices=ImportState, default=ImportState.READ)
    claim = models.CharField(max_length=32, blank=True)  # which process works on it
    claimed_at = models.DateTimeField(null=True)
    read_rows = models.BigIntegerField(default=0)  # of the dry run
    total_rows = models.BigIntegerField(null=True)  # known when the file was looked through once
    done_rows = models.BigIntegerField(default=0)  # new + already + differs + refused are the rows that hold anything
    new = models.BigIntegerField(default=0)
    already = models.BigIntegerField(default=0)
    differs = models.BigIntegerField(default=0)  # there already, saying something else
    refused = models.BigIntegerField(default=0)
    withdrawn = models.BigIntegerField(default=0)  # of a rollback: reports taken back
    left = models.BigIntegerField(default=0)  # of a rollback: left alone, because a person had decided about them
    rollback_id = models.BigIntegerField(null=True)  # the Decision it stands under
    problem = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    destroyed_at = models.DateTimeField(null=True)  # since when its file is gone for good

    class Meta:
        indexes = [models.Index(fields=["operation", "-id"], name="import_operation")]

    def __str__(self) -> str:
        return f"{self.file_name} {self.pk}"


class ImportVerdict(models.Model):
    """What became of a row that did not come in: where, why, and what to do. Rows that came in have no line here."""

    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="verdicts")
    dry = models.BooleanField(default=False)  # of the dry run
    row = models.BigIntegerField()  # as a spreadsheet counts
    verdict = models.CharField(max_length=8)  # refused, differs; left by a rollback (then `field` is the report's ref)
    field = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=40)
    remedy = models.CharField(max_length=400)
    cells = models.JSONField(default=list)  # the row as it stood

    class Meta:
        indexes = [models.Index(fields=["of", "dry", "row"], name="import_verdict_row")]

    def __str__(self) -> str:
        return f"{self.of_id}:{self.row} {self.verdict}"


class ImportMapping(models.Model):
    """How a kind of file is read, kept under a name for the next one with the same columns from the same source. For
    another source, and where none is noted, it is a proposal."""

    operation = models.ForeignKey("operations.Operation", on_delete=models.CASCADE, related_name="import_mappings")
    source = models.ForeignKey("operations.Source", null=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=100)
    header_hash = models.CharField(max_length=64, db_index=True)  # of the column names
    plan = models.JSONField(default=dict)
    person = models.ForeignKey("accounts.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operation", "name"], name="one_import_mapping")]

    def __str__(self) -> str:
        return self.name
