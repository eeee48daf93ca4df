"""Generated Releases: any text, any place on earth, any time of this century."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from rapport.formats.context import ExtraColumn, FeedContext
from rapport.values import (
    CategoryName,
    ExtraValue,
    Marking,
    Precision,
    Publication,
    PublishedFile,
    Purpose,
    Range,
    Release,
    Response,
    Spot,
    Status,
)  # fmt: skip

CONTEXT = FeedContext(
    base_url="https://map.example.org",
    slug="sample",
    name="Sample <operation> & more",
    language="fr",
    query="category=2a&status=verified",
    updated=datetime(2010, 1, 20, 12, 30, tzinfo=UTC),
    extra=(
        ExtraColumn("x_damage", "damage", {"en": "Damage"}, "choice", "#impact+damage", {"total": {"en": "Destroyed"}}),
        ExtraColumn("x_needs", "needs", {"en": "Needs"}, "choice", "", {}, several=True),
        ExtraColumn("x_remark", "remark", {"en": "Remark\0"}, "text", "", {}),
        ExtraColumn("x_depth", "depth", {"en": "Depth"}, "number", "", {}),
    ),
)

texts = st.text(st.characters(codec=None), max_size=60)  # halves of surrogate pairs and control characters too
hostile = st.sampled_from(
    ["=1+1", "-2", "@SUM(A1)", "\t=x", "'=x", "''+1", "\r\n=", "＝1", "]]>", "<b>&amp;</b>", "\0"]
)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))
extras = st.fixed_dictionaries(
    {},
    optional={
        "damage": st.just("total"),
        "needs": st.just(["water", "tents"]),
        "remark": texts | hostile,
        "depth": st.integers(-9, 9) | st.floats(-9, 9),
    },
).map(lambda values: tuple(ExtraValue(code, {}, value, True) for code, value in values.items()))
refs = st.text("0123456789abcdefghjkmnpqrstvwxyz", min_size=8, max_size=8)
categories = st.builds(
    CategoryName,
    code=st.text("abc123.-", min_size=1, max_size=6),
    names=st.dictionaries(st.sampled_from(["en", "fr", "ht"]), texts | hostile, max_size=3),
)
ranges = st.builds(Range, low=st.integers(0, 10**6), high=st.none() | st.integers(10**6, 10**7))
spots = st.builds(
    Spot,
    lon=st.floats(-180, 180),
    lat=st.floats(-90, 90),
    precision=st.sampled_from(Precision),
    radius_m=st.integers(0, 150_000),
    name=texts | hostile,
    pcode=st.just("") | st.just("HT0112"),
)
releases = st.builds(
    Release,
    kind=st.just("event"),
    ref=refs,
    operation=st.just("sample"),
    audience=st.sampled_from(["team", "public", "health-cluster"]),
    purpose=st.just(Purpose.EXPORT),
    title=texts | hostile,
    summary=texts | hostile,
    categories=st.lists(categories, max_size=3).map(tuple),
    publication=st.just(Publication.PUBLISHED),
    status=st.sampled_from(Status),
    occurred_at=st.none() | moments,
    published_at=st.none() | moments,
    updated_at=moments,
    place=st.none() | spots,
    affected=st.none() | ranges,
    sources=st.just(("sms",)),
    reports=st.integers(0, 10**6),
    rule=st.just("public"),
    reasons=st.just(("Published.",)),
    response=st.sampled_from(Response),
    extra=extras,
    marking=st.none() | st.sampled_from(Marking),
)
lists = st.lists(releases, max_size=5)
#: Every attribute filled, so that whatever an export can write it writes.
FULL = Release(
    kind="event", ref="7hq2m4kd", operation="sample", audience="team", purpose=Purpose.EXPORT, title="Water needed",
    summary="For forty people.", categories=(CategoryName("2b", {"en": "Water shortage"}, "#need+wash"),),
    publication=Publication.PUBLISHED, status=Status.VERIFIED, occurred_at=datetime(2010, 1, 14, 9, tzinfo=UTC),
    published_at=datetime(2010, 1, 15, tzinfo=UTC), updated_at=datetime(2010, 1, 16, tzinfo=UTC),
    place=Spot(-72.3, 18.54, Precision.STREET, 300, "Delmas 33", "HT0112"), affected=Range(40, 60), sources=("sms",),
    reports=2, rule="public", reasons=("Published.",), response=Response.ASSIGNED,
    extra=(
        ExtraValue("damage", {}, "total", True), ExtraValue("needs", {}, ["water", "tents"], True),
        ExtraValue("remark", {}, "None", True), ExtraValue("depth", {}, 1.5, True),
    ),
    files=(PublishedFile("f1", "image/jpeg", 1000, "photo-f1.jpg"),), marking=Marking.GREEN,
)  # fmt: skip
