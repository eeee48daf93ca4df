"""What the registry keeps beside its files: what people confirmed, who speaks, what each says, and rounds of questions.

What a file says is not copied into tables: a version of it is kept as it came, and read again (holdings.py).
"""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from rapport.events.models import new_ref
from rapport.values import Publication, Sensitivity

_PERSON = "accounts.Person"
_OPERATION = "operations.Operation"
_PUBLICATION = [(one.value, one.value) for one in Publication]
_LEVEL = [(one.value, one.value) for one in Sensitivity]


def _by(null: bool = False) -> models.ForeignKey:  # type: ignore[type-arg]
    return models.ForeignKey(_PERSON, null=null, on_delete=models.PROTECT, related_name="+")


class RegistryFile(models.Model):
    """One version of a file, byte for byte. The one that nothing has replaced counts."""

    operation = models.ForeignKey(_OPERATION, on_delete=models.CASCADE, related_name="registry_files")
    slug = models.CharField(max_length=60)
    version = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)  # SHA-256 of the text
    text = models.TextField()
    loaded_by = _by()
    loaded_at = models.DateTimeField(default=timezone.now)
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operation", "slug"], name="one_registry_file", condition=models.Q(replaced_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.slug} {self.version}"


class Confirmation(models.Model):
    """A person has read in a source what a file marks as unverified. `key`: checking.Doubt."""

    operation = models.ForeignKey(_OPERATION, on_delete=models.CASCADE, related_name="confirmations")
    key = models.CharField(max_length=8)
    says = models.TextField()
    title = models.CharField(max_length=300)  # of the source
    address = models.CharField(max_length=500, blank=True)
    by = _by()
    at = models.DateTimeField(default=timezone.now)
    taken_back_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operation", "key"], name="one_confirmation", condition=models.Q(taken_back_at=None)
            )
        ]

    def __str__(self) -> str:
        return self.key


class Actor(models.Model):
    """A State or an organisation that speaks here. Whoever belongs to `organisation` speaks for it."""

    operation = models.ForeignKey(_OPERATION, on_delete=models.CASCADE, related_name="actors")
    code = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=12, choices=[("state", "state"), ("organisation", "organisation")])
    organisation = models.ForeignKey("accounts.Organisation", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operation", "code"], name="one_actor")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Round(models.Model):
    """A set of questions asked of several at a time: a survey, a stocktaking, a weighing of measures. Rounds of one
    `series` are its waves. The form is kept as it was asked (forms/model.py)."""

    operation = models.ForeignKey(_OPERATION, on_delete=models.CASCADE, related_name="rounds")
    ref = models.CharField(max_length=8, unique=True, default=new_ref)
    purpose = models.CharField(max_length=12)  # survey, stocktaking, weighing
    series = models.CharField(max_length=60)  # slug of the form: rounds of one are compared
    title = models.CharField(max_length=200)
    about = models.TextField(blank=True)  # what respondents read first
    framework = models.CharField(max_length=60, blank=True)  # slug, where the form is made of one
    form = models.TextField()  # Form.as_json
    form_digest = models.CharField(max_length=64)
    closes_on = models.DateField(null=True)
    opened_by = _by()
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)
    results = models.CharField(max_length=10, choices=_PUBLICATION, default=Publication.DRAFT.value)
    results_level = models.CharField(max_length=8, choices=_LEVEL, default=Sensitivity.LOW.value)
    results_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["operation", "series", "opened_at"], name="round_series")]

    def __str__(self) -> str:
        return self.title


class Sheet(models.Model):
    """One respondent's answers to a round. A draft is its owner's, who has the link: nobody else reads it. `level`: for
    whom the owner gives it."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="sheets")
    ref = models.CharField(max_length=8, unique=True, default=new_ref)
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="sheets")
    said_by = models.CharField(max_length=12, default="self")  # self, third party
    sayer = models.CharField(max_length=200, blank=True)  # of a third party: who says so
    respondent = models.CharField(max_length=100, blank=True)  # how the owner is told apart, not a name
    view = models.CharField(max_length=12, blank=True)  # of a weighing: security, operational, diplomatic
    token_hash = models.CharField(max_length=64, unique=True)
    answers = models.JSONField(default=dict)
    remark = models.TextField(blank=True)
    revision = models.PositiveIntegerField(default=0)  # counted up at each saving
    level = models.CharField(max_length=8, choices=_LEVEL, default=Sensitivity.MODERATE.value)
    how = models.CharField(max_length=8, default="page")  # page, file, paper
    made_by = _by()
    made_at = models.DateTimeField(default=timezone.now)
    entered_by = _by(null=True)  # who typed in what stood on paper
    begun_at = models.DateTimeField(null=True)  # its owner has taken a link of their own
    saved_at = models.DateTimeField(null=True)
    handed_in_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["round", "actor"], name="sheet_actor")]

    def __str__(self) -> str:
        return self.ref


class Submission(models.Model):
    """What an actor does about one provision, as somebody says it: itself, or a third party, and the two are never put
    together. `content`: the answers to the questions of forms/build.py about one provision, by their last part; no
    answer is no information. One that a later wave follows stays; a withdrawn one shows that it was, and no more."""

    operation = models.ForeignKey(_OPERATION, on_delete=models.CASCADE, related_name="submissions")
    ref = models.CharField(max_length=8, unique=True, default=new_ref)
    framework = models.CharField(max_length=60)  # slug
    code = models.CharField(max_length=40)  # of the provision
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="submissions")
    said_by = models.CharField(max_length=12, default="self")  # self, third party
    sayer = models.CharField(max_length=200, blank=True)
    wave = models.CharField(max_length=200, blank=True)  # title of its round
    sheet = models.ForeignKey(Sheet, null=True, on_delete=models.PROTECT, related_name="submissions")
    content = models.JSONField(default=dict)
    publication = models.CharField(max_length=10, choices=_PUBLICATION, default=Publication.DRAFT.value)
    level = models.CharField(max_length=8, choices=_LEVEL, default=Sensitivity.LOW.value)
    drafted_by = _by()
    drafted_at = models.DateTimeField(default=timezone.now)
    published_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    latest = models.BooleanField(default=False)  # published, and none later of the same actor and sayer about it

    class Meta:
        indexes = [
            models.Index(fields=["operation", "framework", "code", "latest"], name="submission_provision"),
            models.Index(fields=["actor", "framework", "code"], name="submission_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_id} on {self.code}"


class Recommendation(models.Model):
    """What a person says that somebody should do, by when, and on what evidence."""

    operation = models.ForeignKey(_OPERATION, on_delete=models.CASCADE, related_name="recommendations")
    ref = models.CharField(max_length=8, unique=True, default=new_ref)
    round = models.ForeignKey(Round, null=True, on_delete=models.PROTECT, related_name="recommendations")
    framework = models.CharField(max_length=60, blank=True)  # slug
    code = models.CharField(max_length=40, blank=True)  # of the provision or question
    text = models.TextField()
    owner = models.CharField(max_length=200)  # an office or an actor
    due_on = models.DateField()
    evidence = models.TextField(blank=True)
    review_on = models.DateField(null=True)
    state = models.CharField(max_length=8, default="open")  # open, done, dropped
    said = models.TextField(blank=True)  # how it was done, or why it was dropped
    publication = models.CharField(max_length=10, choices=_PUBLICATION, default=Publication.DRAFT.value)
    published_at = models.DateTimeField(null=True)
    written_by = _by()
    written_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["operation", "state", "due_on"], name="recommendation_due")]

    def __str__(self) -> str:
        return self.ref


class Call(models.Model):
    """An open call for comment on texts about the provisions of a framework."""

    operation = models.ForeignKey(_OPERATION, on_delete=models.CASCADE, related_name="calls")
    ref = models.CharField(max_length=8, unique=True, default=new_ref)
    framework = models.CharField(max_length=60)  # slug
    title = models.CharField(max_length=200)
    about = models.TextField(blank=True)
    closes_on = models.DateField(null=True)
    publication = models.CharField(max_length=10, choices=_PUBLICATION, default=Publication.DRAFT.value)
    published_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    synthesis_at = models.DateTimeField(null=True)  # when the synthesis was published
    made_by = _by()
    made_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)  # anything of it, or one of its texts

    def __str__(self) -> str:
        return self.title


class CallText(models.Model):
    """One version of the text that a call puts to comment about one provision, or of the synthesis of what was said."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="texts")
    kind = models.CharField(max_length=10, default="text")  # text, synthesis
    code = models.CharField(max_length=40)  # of the provision
    version = models.PositiveIntegerField(default=1)
    body = models.TextField()
    by = _by()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "kind", "code", "version"], name="one_call_text")]

    def __str__(self) -> str:
        return f"{self.code} {self.version}"


class Comment(models.Model):
    """What somebody says of a text, with who they are and whom they work for. Held until a person shows it."""

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="comments")
    ref = models.CharField(max_length=8, unique=True, default=new_ref)
    text = models.ForeignKey(CallText, on_delete=models.PROTECT, related_name="comments")  # the version commented on
    anchor = models.JSONField(null=True)  # anchors.Anchor; None: the whole text
    body = models.TextField()
    name = models.CharField(max_length=200)
    affiliation = models.CharField(max_length=200)
    interest = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    publication = models.CharField(max_length=10, choices=_PUBLICATION, default=Publication.DRAFT.value)
    published_at = models.DateTimeField(null=True)
    not_shown = models.CharField(max_length=300, blank=True)  # why it is withdrawn
    minority = models.BooleanField(default=False)
    outcome = models.CharField(max_length=12, blank=True)  # taken up, in part, not taken up
    answer = models.TextField(blank=True)
    answered_by = _by(null=True)
    answered_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(default=timezone.now)  # anything that people decided about it

    class Meta:
        indexes = [models.Index(fields=["call", "publication"], name="comment_call")]

    def __str__(self) -> str:
        return self.ref


class AgencyList(models.Model):
    """A listing of an agency (policies, forms, codes, posts), or links that say which items of several are the same, as
    crosswalk/model.py has them. The one that nothing has replaced counts."""

    operation = models.ForeignKey(_OPERATION, on_delete=models.CASCADE, related_name="agency_lists")
    kind = models.CharField(max_length=8)  # listing, links
    slug = models.CharField(max_length=60)
    data = models.JSONField()
    digest = models.CharField(max_length=64)  # SHA-256 of the file
    level = models.CharField(max_length=8, choices=_LEVEL, default=Sensitivity.SEVERE.value)
    loaded_by = _by()
    loaded_at = models.DateTimeField(default=timezone.now)
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operation", "kind", "slug"], name="one_agency_list", condition=models.Q(replaced_at=None)
            )
        ]

    def __str__(self) -> str:
        return self.slug
