"""What is said in one language, and what the infos of a message say together (CAP 1.2, 3.2.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from urllib.parse import urlsplit

from rapport.formats.cap import lexical
from rapport.formats.cap.catalogue import found
from rapport.formats.cap.finding import Finding
from rapport.formats.cap.model import Alert, Info, Named, ResponseType, primary
from rapport.formats.cap.rules.languages import is_known

LONGEST_HEADLINE = 160  # "about": what fits a text message
#: Infos that are compared with one another [ours].
MOST_COMPARED = 60

_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_ENTITY = re.compile(r"&(?:[A-Za-z]{2,10}|#\d{1,7}|#x[0-9A-Fa-f]{1,6});")
_DOTTED = re.compile(r"(?:[A-Za-z]\.){2,}[A-Za-z]?")
#: Code systems that everybody writes in capitals; NUTS and EMMA_ID are Europe's, the others North America's.
_ACRONYMS = frozenset({"SAME", "FIPS", "FIPS6", "UGC", "ZIP", "VTEC", "NUTS2", "NUTS3", "EMMA_ID", "WMO", "ISO"})


def check(info: Info, alert: Alert, path: str) -> Iterator[Finding]:
    if info.language and not is_known(info.language):
        remedy = "Write the language by its code and the region in capitals, as ht or fr-HT."
        yield found("language-unknown", f"{path}/language", remedy, info.language)
    if not info.event.strip():
        yield found("empty", f"{path}/event", "Say what happens.")
    for at, one in enumerate(info.response_types, start=1):
        if one is ResponseType.ASSESS:
            remedy = "Tell people what to do: Assess is for who plans the response."
            yield found("assess", f"{path}/responseType[{at}]", remedy, one.value)
    yield from _times(info, alert, path)
    yield from _texts(info, path)
    if info.web and not is_absolute(info.web):
        yield found("web", f"{path}/web", "Write the whole address, as https://example.org/alerts/7.", info.web)
    yield from codes(info.event_codes, f"{path}/eventCode")
    yield from codes(info.parameters, f"{path}/parameter")


def _times(info: Info, alert: Alert, path: str) -> Iterator[Finding]:
    begins = info.effective or alert.sent
    if info.expires is None:
        yield found(
            "expires-absent", f"{path}/expires", "Say until when this message counts; send another if it goes on."
        )
    elif info.expires <= max(begins, alert.sent):
        what = "effective" if begins > alert.sent else "sent"
        remedy = f"It is not after {what}, {lexical.written_time(max(begins, alert.sent))}: the message never counts."
        yield found("expires-early", f"{path}/expires", remedy, lexical.written_time(info.expires))


def _texts(info: Info, path: str) -> Iterator[Finding]:
    texts = {
        "headline": info.headline, "description": info.description, "instruction": info.instruction,
        "contact": info.contact,
    }  # fmt: skip
    for name, text in texts.items():
        if marked := _TAG.search(text) or _ENTITY.search(text):
            remedy = "Write plain text: who reads it by radio or SMS sees the signs."
            yield found("plain-text", f"{path}/{name}", remedy, marked[0])
    if len(info.headline) > LONGEST_HEADLINE:
        remedy = f"It has {len(info.headline)} characters; many devices show {LONGEST_HEADLINE}."
        yield found("headline-long", f"{path}/headline", remedy, info.headline)


def codes(pairs: tuple[Named, ...], path: str) -> Iterator[Finding]:
    """The rules of valueName and value, which eventCode, parameter and geocode share."""
    for at, pair in enumerate(pairs, start=1):
        here = f"{path}[{at}]"
        if not pair.name.strip() or not pair.value.strip():
            missing = "valueName" if not pair.name.strip() else "value"
            yield found(
                "code-empty", f"{here}/{missing}", "Say both the list and the code in it, or leave it out.", pair.name
            )
        plain = pair.name.strip().replace(".", "").upper()
        if _DOTTED.fullmatch(pair.name.strip()) or (plain in _ACRONYMS and pair.name.strip() != plain):
            yield found("code-acronym", f"{here}/valueName", f"Write {plain}.", pair.name)


def is_absolute(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    if any(sign.isspace() for sign in uri):
        return False
    return bool(parts.scheme and (parts.netloc or (parts.path and parts.scheme not in ("http", "https"))))


def check_together(alert: Alert, path: str) -> Iterator[Finding]:
    """Infos two by two: the same words in two languages, or other judgements in one."""
    numbered = list(enumerate(alert.infos, start=1))[:MOST_COMPARED]
    for (_, earlier), (at, later) in combinations(numbered, 2):
        here = f"{path}/info[{at}]"
        if primary(earlier.spoken) != primary(later.spoken):
            yield from _same_texts(earlier, later, here)
        elif earlier.spoken == later.spoken:
            yield from _overriding(earlier, later, here)


def _same_texts(earlier: Info, later: Info, path: str) -> Iterator[Finding]:
    for name in ("headline", "event", "description", "instruction"):
        text: str = getattr(later, name)
        if text.strip() and text == getattr(earlier, name):
            remedy = f"It is the same in {earlier.spoken}. Translate it into {later.spoken}."
            yield found("same-text", f"{path}/{name}", remedy, text)


def _overriding(earlier: Info, later: Info, path: str) -> Iterator[Finding]:
    """Of the same event in the same area: another judgement overrides the earlier one."""
    if earlier.event != later.event or not _meet(earlier, later):
        return
    for name in ("urgency", "severity", "certainty"):
        value = getattr(later, name)
        if value != getattr(earlier, name):
            remedy = f"An earlier info in {later.spoken} says {getattr(earlier, name)} for the same area. Keep one."
            yield found("overriding", f"{path}/{name}", remedy, value)


def _meet(earlier: Info, later: Info) -> bool:
    """Whether they share an area: the same words, or the same shape."""

    def parts(info: Info) -> set[object]:
        return {
            part
            for area in info.areas
            for part in (area.area_desc.strip().casefold(), *area.polygons, *area.circles, *area.geocodes)
        }

    return bool(parts(earlier) & parts(later))
