"""The built-in protocol as a query: the same rules as policy.py, for lists, counts and clusters."""

from __future__ import annotations

from typing import TypeVar, cast

from django.db.models import Case, CharField, F, FloatField, IntegerField, JSONField, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Concat

from rapport.sharing.models import Shareable
from rapport.values import Audience, Precision, Publication, Purpose, Reader

S = TypeVar("S", bound=Shareable)


def released(queryset: QuerySet[S], reader: Reader, purpose: Purpose) -> QuerySet[S]:
    """The rows this reader gets for this purpose, with the place they get as `seen_lon`, `seen_lat`,
    `seen_precision`, `seen_radius_m`, `seen_pcode`, the words they may search as `seen_words`, and the extra fields as
    `seen_extra`: of those the reader gets what policy.sees_extra lets through."""
    if reader.audience is Audience.TEAM:
        return _seen(queryset, coarse=False)
    if purpose is Purpose.WORK:
        return _seen(queryset.none(), coarse=False)
    return _seen(queryset.filter(publication=Publication.PUBLISHED.value), coarse=True)


def _seen(queryset: QuerySet[S], *, coarse: bool) -> QuerySet[S]:
    if not coarse:
        seen = queryset.annotate(
            seen_lon=F("lon"),
            seen_lat=F("lat"),
            seen_precision=F("precision"),
            seen_radius_m=F("radius_m"),
            seen_pcode=_pcode(),
            seen_words=_words(),
            seen_extra=F("extra"),
        )
        return cast("QuerySet[S]", seen)
    commune_known = When(persons_at_risk=True, commune_lon__isnull=False)
    unknown = When(persons_at_risk=True)
    seen = queryset.annotate(
        seen_lon=Case(When(persons_at_risk=True, then=F("commune_lon")), default=F("lon"), output_field=FloatField()),
        seen_lat=Case(When(persons_at_risk=True, then=F("commune_lat")), default=F("lat"), output_field=FloatField()),
        seen_precision=Case(
            When(commune_known.condition, then=Value(Precision.ADM2.value)),
            When(unknown.condition, then=Value(None)),
            default=Cast("precision", IntegerField()),
            output_field=IntegerField(null=True),
        ),
        seen_radius_m=Case(
            When(persons_at_risk=True, then=F("commune_radius_m")), default=F("radius_m"), output_field=IntegerField()
        ),
        seen_pcode=Case(
            When(persons_at_risk=True, then=F("commune_pcode")), default=_pcode(), output_field=CharField()
        ),
        seen_words=Case(
            When(persons_at_risk=True, then=F("commune_name")),
            default=_words(),
            output_field=TextField(),
        ),
        seen_extra=Case(
            When(persons_at_risk=True, then=Value({}, output_field=JSONField())),
            default=F("extra"),
            output_field=JSONField(),
        ),
    )
    return cast("QuerySet[S]", seen)


def _pcode() -> Case:
    """A place's own code, else its commune's, so that a filter by area finds it."""
    return Case(When(pcode="", then=F("commune_pcode")), default=F("pcode"), output_field=CharField())


def _words() -> Concat:
    return Concat("title", Value(" "), "place_name", Value(" "), "summary", output_field=TextField())
