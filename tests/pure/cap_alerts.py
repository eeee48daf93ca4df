"""Alerts to try things on: one that nobody has anything against, and any that can be written."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

from hypothesis import assume
from hypothesis import strategies as st

from rapport.formats.cap.lexical import DECIMALS
from rapport.formats.cap.model import (
    Alert,
    Area,
    Category,
    Certainty,
    Circle,
    Info,
    MsgType,
    Named,
    Point,
    Polygon,
    Reference,
    Resource,
    ResponseType,
    Scope,
    Severity,
    Status,
    Urgency,
)

SAMPLES = Path(__file__).parents[1] / "data" / "cap"

#: Breaks no rule, of the standard or of a profile.
GOOD = """<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
<identifier>leogane-7</identifier>
<sender>alerts@example.org</sender>
<sent>2010-01-20T06:00:00-05:00</sent>
<status>Actual</status>
<msgType>Update</msgType>
<scope>Public</scope>
<references>alerts@example.org,leogane-6,2010-01-19T06:00:00-05:00</references>
<info>
<language>en-US</language>
<category>Geo</category>
<event>Aftershock</event>
<responseType>Evacuate</responseType>
<urgency>Immediate</urgency>
<severity>Severe</severity>
<certainty>Likely</certainty>
<eventCode><valueName>SAME</valueName><value>EQW</value></eventCode>
<effective>2010-01-20T06:00:00-05:00</effective>
<onset>2010-01-20T06:30:00-05:00</onset>
<expires>2010-01-21T06:00:00-05:00</expires>
<senderName>Desk of the exercise</senderName>
<headline>Strong aftershocks near Léogâne</headline>
<description>Aftershocks of magnitude 5 &amp; more are likely.</description>
<instruction>Stay out of damaged houses.</instruction>
<web>https://example.org/alerts/7</web>
<contact>+1 555 0100</contact>
<parameter><valueName>magnitude</valueName><value>5</value></parameter>
<resource>
<resourceDesc>map</resourceDesc>
<mimeType>image/png</mimeType>
<size>5</size>
<uri>map.png</uri>
<derefUri>aGVsbG8=</derefUri>
<digest>aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d</digest>
</resource>
<area>
<areaDesc>Léogâne</areaDesc>
<polygon>18.4,-72.7 18.6,-72.7 18.6,-72.5 18.4,-72.5 18.4,-72.7</polygon>
<circle>18.5,-72.6 12.5</circle>
<geocode><valueName>P-code</valueName><value>HT0121</value></geocode>
<altitude>0</altitude>
<ceiling>3000</ceiling>
</area>
</info>
<info>
<language>fr</language>
<category>Geo</category>
<event>Réplique</event>
<responseType>Evacuate</responseType>
<urgency>Immediate</urgency>
<severity>Severe</severity>
<certainty>Likely</certainty>
<eventCode><valueName>SAME</valueName><value>EQW</value></eventCode>
<expires>2010-01-21T06:00:00-05:00</expires>
<senderName>Le bureau de l'exercice</senderName>
<headline>Fortes répliques près de Léogâne</headline>
<description>Des répliques de magnitude 5 et plus sont probables.</description>
<instruction>Restez hors des maisons endommagées.</instruction>
<web>https://example.org/alerts/7</web>
<contact>+1 555 0100</contact>
<area>
<areaDesc>Léogâne</areaDesc>
<polygon>18.4,-72.7 18.6,-72.7 18.6,-72.5 18.4,-72.5 18.4,-72.7</polygon>
</area>
</info>
</alert>
"""


def good(*changes: tuple[str, str]) -> bytes:
    """GOOD with the first of each old text replaced by the new one; it must stand there."""
    text = GOOD
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text.encode()


# --- any alert that can be written ---------------------------------------------------------------------------------

_LETTERS = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn", "Co"))
# Line ends of all three kinds, tabs and what XML escapes.
TEXT = st.text(st.one_of(_LETTERS, st.sampled_from("\n\r\t<>&\"'")), max_size=30)
FILLED = TEXT.filter(str.strip)
NAME = st.text(
    st.characters(codec="ascii", categories=("L", "N"), include_characters="-._:@/"), min_size=1, max_size=20
)
WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N"), include_characters=" "), min_size=1, max_size=15)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.builds(
    lambda moment, zone: moment.replace(microsecond=0, tzinfo=zone),
    st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 30)),
    ZONES,
)
NAMED = st.builds(Named, TEXT, TEXT)
NUMBERS = st.decimals(-99999, 99999, places=2)


@st.composite
def rings(draw: st.DrawFn) -> Polygon:
    """A star around a point: its corners turn once around it, so that no two edges cross."""
    lat, lon = draw(st.floats(-60, 60)), draw(st.floats(-150, 150))
    corners = draw(st.integers(3, 9))
    reach = draw(st.lists(st.floats(0.5, 5), min_size=corners, max_size=corners))
    points = [
        Point(
            round(lat + far * math.sin(2 * math.pi * at / corners), DECIMALS),
            round(lon + far * math.cos(2 * math.pi * at / corners), DECIMALS),
        )
        for at, far in enumerate(reach)
    ]
    return Polygon((*points, points[0]))


def rounded(least: float, most: float) -> st.SearchStrategy[float]:
    return st.floats(least, most).map(lambda value: round(value, DECIMALS) + 0.0)


CIRCLES = st.builds(Circle, st.builds(Point, rounded(-90, 90), rounded(-180, 180)), rounded(0, 1e6))


@st.composite
def areas(draw: st.DrawFn) -> Area:
    altitude = draw(st.none() | NUMBERS)
    above = (
        st.none() if altitude is None else st.none() | st.decimals(0, 999, places=1).map(lambda more: altitude + more)
    )
    ceiling: Decimal | None = draw(above)
    shapes = draw(st.lists(rings(), max_size=2)), draw(st.lists(CIRCLES, max_size=2))
    codes = draw(st.lists(NAMED, max_size=2))
    return Area(draw(TEXT), tuple(shapes[0]), tuple(shapes[1]), tuple(codes), altitude, ceiling)


RESOURCES = st.builds(
    Resource,
    resource_desc=TEXT,
    mime_type=st.sampled_from(["image/png", "application/pdf", "text/html; charset=utf-8"]),
    size=st.none() | st.integers(0, 10**9),
    uri=st.sampled_from(["", "https://example.org/map.png"]),
    deref_uri=st.sampled_from(["", "aGVsbG8="]),
    digest=st.sampled_from(["", "not one"]),
)


@st.composite
def infos(draw: st.DrawFn, sent: datetime) -> Info:
    later = st.integers(1, 10**6).map(lambda seconds: sent + timedelta(seconds=seconds))
    return draw(
        st.builds(
            Info,
            categories=st.lists(st.sampled_from(Category), min_size=1, max_size=3).map(tuple),
            event=TEXT,
            urgency=st.sampled_from(Urgency), severity=st.sampled_from(Severity), certainty=st.sampled_from(Certainty),
            language=st.sampled_from(["", "en-US", "fr", "ht-HT", "zh-Hant"]),
            response_types=st.lists(st.sampled_from(ResponseType), max_size=2).map(tuple),
            audience=TEXT,
            event_codes=st.lists(NAMED, max_size=2).map(tuple),
            effective=st.none() | st.just(sent), onset=st.none() | TIMES, expires=st.none() | later,
            sender_name=TEXT, headline=TEXT, description=TEXT, instruction=TEXT, contact=TEXT,
            web=st.sampled_from(["", "https://example.org/alerts/7", "mailto:desk@example.org"]),
            parameters=st.lists(NAMED, max_size=2).map(tuple),
            resources=st.lists(RESOURCES, max_size=1).map(tuple),
            areas=st.lists(areas(), max_size=2).map(tuple),
        )
    )  # fmt: skip


@st.composite
def alerts(draw: st.DrawFn) -> Alert:
    """Alerts that break no rule that is an error."""
    sent = draw(TIMES)
    scope = draw(st.sampled_from(Scope))
    about = st.builds(Reference, NAME, NAME, TIMES)
    msg_type = draw(st.sampled_from(MsgType))
    alert = draw(
        st.builds(
            Alert,
            identifier=NAME, sender=NAME, sent=st.just(sent),
            status=st.sampled_from([one for one in Status if one is not Status.DRAFT]),
            msg_type=st.just(msg_type), scope=st.just(scope), source=TEXT,
            restriction=FILLED if scope is Scope.RESTRICTED else st.just(""),
            addresses=st.lists(WORDS.filter(str.strip), min_size=scope is Scope.PRIVATE, max_size=3).map(tuple),
            codes=st.lists(TEXT, max_size=2).map(tuple), note=TEXT,
            references=st.lists(about, min_size=msg_type is not MsgType.ALERT, max_size=3).map(tuple),
            incidents=st.lists(WORDS.filter(str.strip), max_size=2).map(tuple),
            infos=st.lists(infos(sent), max_size=2).map(tuple),
        )
    )  # fmt: skip
    assert isinstance(alert, Alert)
    assume(alert.identity not in alert.references)  # no message is about itself
    return alert
