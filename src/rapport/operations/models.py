"""One crisis, one standing watch, or one network of contacts, with its own places, languages, categories and sources.

All of it comes from one TOML file: see definition.py and docs/reference/operation-file.md.
"""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from rapport.oversight import keys
from rapport.values import Box, CategoryName, Precision, Spot, named

#: Origins of places that came to be here, not by a file: learned from reports (desk/learning/names.py), and added by a
#: person on the desk (desk/naming/names.py).
LEARNED, ADDED = "learned", "desk"
MADE_HERE = (LEARNED, ADDED)


def told(origin: str, reports: int) -> str:
    """How we come by the name of a place that stands in no file, "" for those of files."""
    if origin == LEARNED:
        return f"learned from {reports} reports here"
    return "added here by a person" if origin == ADDED else ""


class Operation(models.Model):
    slug = models.SlugField(max_length=60, unique=True)
    kind = models.CharField(max_length=16, choices=[("crisis", "crisis"), ("watch", "watch"), ("network", "network")])
    names = models.JSONField(default=dict)  # language → name
    descriptions = models.JSONField(default=dict)
    glide = models.CharField(max_length=32, blank=True)
    exercise = models.BooleanField(default=False)
    time_zone = models.CharField(max_length=64)
    west = models.FloatField()
    south = models.FloatField()
    east = models.FloatField()
    north = models.FloatField()
    countries = models.JSONField(default=list)  # ISO 3166-1 alpha-3
    languages = models.JSONField(default=list)  # ISO 639-1, the first is the default
    consent = models.JSONField(default=dict)  # language → what a sender agrees to
    replies = models.JSONField(default=dict)  # language → {"received": …, "ask_place": …, "stopped": …}
    queue = models.JSONField(default=dict)  # weights of the queue's order, see desk/queue/priority.py
    sending = models.JSONField(default=dict)  # quiet hours and such, see notify/
    licence = models.JSONField(default=dict)  # of what readers take: {"name": …, "title": …, "path": …}
    alerts = models.JSONField(default=dict)  # who alerts: {"sender": …, "name": …, "contact": …, "two_people": true}
    extra_fields = models.JSONField(default=list)  # what reports and events say beyond the usual, see fields.py
    retention = models.JSONField(default=dict)  # when what is destroyed, see oversight/retention/schedule.py
    sending_stopped_at = models.DateTimeField(null=True)  # the stop button: nothing is sent
    sending_stopped_by = models.ForeignKey("accounts.Person", null=True, on_delete=models.PROTECT, related_name="+")
    model = models.CharField(max_length=100, blank=True)  # id of what says what reports speak of; "": the shipped one
    names_learned_to = models.BigIntegerField(default=0)  # the decision up to which names of places were learned
    definition_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    open = models.BooleanField(default=True)  # takes new reports

    def __str__(self) -> str:
        return self.slug

    @property
    def box(self) -> Box:
        return Box(self.west, self.south, self.east, self.north)

    @property
    def language(self) -> str:
        return str(self.languages[0])

    def name_in(self, language: str) -> str:
        return named(self.names, language)


class Category(models.Model):
    """A node of the operation's taxonomy."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="categories")
    code = models.CharField(max_length=40)
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="children")
    names = models.JSONField(default=dict)
    hxl = models.CharField(max_length=100, blank=True)
    urgency = models.PositiveSmallIntegerField(default=0)  # 0 to 3: how fast somebody must look at its reports
    persons_at_risk = models.BooleanField(default=False)  # readers beyond the team get only the commune
    order = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operation", "code"], name="one_category_code")]
        ordering = ["order"]

    def __str__(self) -> str:
        return self.code

    @property
    def as_value(self) -> CategoryName:
        return CategoryName(self.code, self.names, self.hxl)


class Source(models.Model):
    """A configured way in: one SMS number, one form, one file."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="sources")
    slug = models.SlugField(max_length=60)
    channel = models.CharField(max_length=30)  # a name in plugins.CHANNELS or POLLED, or web, api, file, email
    names = models.JSONField(default=dict)
    language = models.CharField(max_length=12, blank=True)
    trust = models.CharField(max_length=16, default="unknown", choices=[("unknown", "unknown"), ("trusted", "trusted")])
    token_hash = models.CharField(max_length=64, blank=True, db_index=True)
    settings_sealed = models.BinaryField(blank=True, default=b"")  # JSON of the channel's settings, sealed
    per_minute = models.PositiveIntegerField(default=6000)
    out_per_minute = models.PositiveIntegerField(default=60)  # messages sent through it, at most
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operation", "slug"], name="one_source_slug")]

    def __str__(self) -> str:
        return self.slug


class Place(models.Model):
    """An entry of the operation's gazetteer."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="places")
    name = models.CharField(max_length=200)
    pcode = models.CharField(max_length=20, blank=True)
    parent_pcode = models.CharField(max_length=20, blank=True)
    precision = models.PositiveSmallIntegerField(choices=[(p.value, p.word) for p in Precision])
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    radius_m = models.PositiveIntegerField(default=2000)
    origin = models.CharField(max_length=30)  # pcodes, geonames, reports, neighbours; LEARNED, ADDED
    reports = models.PositiveIntegerField(default=0)  # how many taught a LEARNED name

    class Meta:
        indexes = [models.Index(fields=["operation", "pcode"], name="place_pcode")]

    def __str__(self) -> str:
        return self.name

    @property
    def spot(self) -> Spot | None:
        if self.lon is None or self.lat is None:
            return None
        return Spot(self.lon, self.lat, Precision(self.precision), self.radius_m, self.name, self.pcode)

    @property
    def told(self) -> str:
        return told(self.origin, self.reports)


class PlaceName(models.Model):
    """A further name or spelling of a place."""

    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="names")
    name = models.CharField(max_length=200)
    language = models.CharField(max_length=12, blank=True)

    def __str__(self) -> str:
        return self.name


class NoPlace(models.Model):
    """A name of which a person here said that it is no place's: it is not learned again."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="no_places")
    folded = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operation", "folded"], name="one_no_place")]

    def __str__(self) -> str:
        return self.folded


class StandingOrder(models.Model):
    """A rule that a named person signs: its effects are that person's decisions. Else it does nothing."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="orders")
    slug = models.SlugField(max_length=60)
    text = models.TextField()  # what it does, in words: this is what is signed
    rule = models.JSONField()  # see desk/standing_orders/orders.py
    signed_by = models.ForeignKey("accounts.Person", null=True, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey("accounts.Person", null=True, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operation", "slug"], name="one_order_slug")]

    def __str__(self) -> str:
        return self.slug

    @property
    def in_force(self) -> bool:
        return self.signed_at is not None and self.revoked_at is None


def source_by_token(channel: str, token: str) -> Source | None:
    """The active source whose address holds this token."""
    return (
        Source.objects.select_related("operation")
        .filter(channel=channel, token_hash=keys.token_hash(token), active=True, operation__open=True)
        .first()
    )
