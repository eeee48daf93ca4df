"""Every rule that a message is held to: how bad it is to break, and who says so. `rules`, `profiles` and the others
find by these names. An error breaks the standard or its schema, a warning goes against its advice; "ours" is what we
chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rapport.formats.cap.finding import Finding, Severity, quoted

_OURS = "ours"
_GOOGLE = "Google Public Alerts"
_IFRC = "IFRC Alert Hub"


@dataclass(frozen=True, slots=True)
class Rule:
    severity: Severity
    source: str
    says: str


def _rules(severity: Severity, source: str, **said: str) -> dict[str, Rule]:
    return {name.replace("_", "-"): Rule(severity, source, text) for name, text in said.items()}


def _cap(section: str) -> str:
    return f"CAP 1.2, {section}"


#: What the schema of the version says.
SCHEMA: Mapping[str, Rule] = _rules(
    "error", "CAP schema, 3.4",
    element="only elements that CAP has there",
    order="elements stand in the order of the schema",
    missing="every element that the schema requires",
    repeated="once what may stand there once",
    attribute="no attributes",
    mixed="no text between elements, no elements in text",
    choice="one of the values that the schema lists",
    integer="a whole number",
    decimal="a number",
    language_form="a language tag, as fr or pt-BR",
)  # fmt: skip

#: How values are written.
WRITTEN: Mapping[str, Rule] = {
    **_rules("error", _cap("3.3.2"), time="a time as 2010-01-31T14:30:00-05:00",
             offset="an offset of at most 14 hours"),
    **_rules("warning", _cap("3.3.2"), utc="UTC is written -00:00"),
    **_rules("error", _cap("3.2.4"), points="a polygon is pairs lat,lon, separated by spaces",
             circle="a circle is lat,lon and a radius"),
    **_rules("error", _cap("3.2.1"), triple="a reference is sender,identifier,sent",
             quotes="names with spaces stand in double quotes"),
    **_rules("error", _OURS, too_many_points="no more points than are read",
             too_many_named="no more references, addresses or incidents than are read",
             more="at most 200 faults of writing; no more are listed"),
    **_rules("warning", "CAP 1.0", credential_sent="no password in the message; it is not kept",
             scope_unsaid="a scope, though 1.0 lets it out: nobody knows for whom the message is"),
    **_rules("note", _cap("3.2.2"), very_likely="Very Likely, of 1.0, is read as Likely"),
}  # fmt: skip

#: What alert, info, resource and area mean.
MEANING: Mapping[str, Rule] = {
    **_rules("error", _cap("3.2.1"),
             identity="identifier and sender: not empty, no spaces, commas, < or &",
             references_needed="Update, Cancel, Ack and Error name the messages they are about",
             restriction_needed="scope Restricted says to whom in restriction",
             addresses_needed="scope Private says to whom in addresses",
             reference_self="a message does not name itself"),
    **_rules("error", f"{_cap('3.2.1')}; {_GOOGLE}", restriction_unneeded="restriction with scope Restricted only"),
    **_rules("error", _OURS, draft="a draft is not published"),
    **_rules("warning", _cap("3.2.1"),
             exercise_note="an Exercise is named in note",
             error_note="an Error is explained in note",
             reference_later="no reference to a message sent later",
             reference_repeated="each reference once"),
    **_rules("warning", _OURS, no_info="a public Alert or Update without info warns nobody",
             empty="text that must be there says something"),
    **_rules("warning", _cap("3.2.2"),
             language_unknown="a language that there is",
             same_text="in another language another text",
             overriding="a later info of a language adds and does not override",
             assess="Assess is not for the public",
             expires_absent="without expires each receiver decides when it ends",
             headline_long="a headline of at most 160 characters",
             code_empty="valueName and value both say something",
             code_acronym="acronyms in capitals, without full stops"),
    **_rules("error", _cap("3.2.2"), expires_early="expires after effective and after sent", web="an absolute address"),
    **_rules("warning", _cap("3.3.3"), plain_text="plain text, no tags and no HTML entities"),
    **_rules("error", _cap("3.2.3"),
             mime_type="type/subtype of RFC 2046",
             size="bytes, not negative",
             uri_relative="a relative uri names the content in derefUri",
             deref_uri="base64",
             digest="the SHA-1 of what is in derefUri"),
    **_rules("warning", _cap("3.2.3"), digest_form="a SHA-1 digest has 40 hexadecimal digits"),
    **_rules("error", _cap("3.2.4"),
             ring_short="at least four points",
             ring_open="the last point is the first",
             ring_range="latitude within 90, longitude within 180 degrees",
             ring_crosses="edges do not cross",
             circle_range="latitude within 90, longitude within 180 degrees",
             radius_negative="a radius of 0 or more",
             ceiling_alone="a ceiling comes with an altitude",
             ceiling_low="a ceiling not below the altitude"),
    **_rules("warning", _cap("3.2.4"), radius_zero="a radius above 0",
             area_unmapped="a shape or a geocode beside areaDesc"),
    **_rules("warning", _OURS,
             ring_touches="a ring does not touch itself",
             ring_unchecked="a ring that is not so long or tangled that crossings are not looked for",
             ring_swapped="latitude before longitude"),
}  # fmt: skip

#: What several messages mean together (chain.py).
CHAIN: Mapping[str, Rule] = _rules(
    "error", _cap("3.2.1"), conflict="one identity, one message: the same sender, identifier and sent with other bytes"
)

#: What repair.py changed.
REPAIR: Mapping[str, Rule] = _rules(
    "note", _OURS, ring_closed="an open ring was closed", ring_cut="a ring that crossed itself was cut into several"
)

GOOGLE: Mapping[str, Rule] = {
    **_rules("error", _GOOGLE,
             google_info="an info", google_description="a description", google_web="a web address",
             google_expires="an end", google_area="an area in each info, each with a shape or a geocode",
             google_same="the same categories and eventCodes in all infos",
             google_effective="effective not after expires"),
    **_rules("warning", _GOOGLE,
             google_offset="local time, not UTC", google_sender_name="a senderName",
             google_response="a responseType", google_instruction="an instruction", google_contact="a contact",
             google_headline="a headline of less than 140 characters that is not the description",
             google_repeats="an instruction that is not the description",
             google_unknown="no Unknown urgency, severity or certainty",
             google_geocode="a polygon or circle rather than a geocode alone",
             google_radius="a radius above 0", google_event="one event per language",
             google_area_desc="an areaDesc of less than 50 characters",
             google_decimals="at most six decimals", google_status="Test is not shown"),
}  # fmt: skip

IFRC: Mapping[str, Rule] = {
    **_rules("error", _IFRC,
             ifrc_info="an info",
             ifrc_status="status Actual", ifrc_time="times as Python's fromisoformat reads them",
             ifrc_category="a category", ifrc_event="an event",
             ifrc_spaces="single spaces between points, none before or after"),
    **_rules("warning", _IFRC,
             ifrc_expired="expires in the future when it is read",
             ifrc_first="one category, eventCode and responseType: only the first is read",
             ifrc_placed="a polygon: circles and geocodes are not placed"),
}  # fmt: skip

RULES: Mapping[str, Rule] = {**SCHEMA, **WRITTEN, **MEANING, **CHAIN, **REPAIR, **GOOGLE, **IFRC}


def found(rule: str, path: str, remedy: str, value: str = "", line: int = 0) -> Finding:
    """A finding of a rule of this catalogue."""
    known = RULES[rule]
    return Finding(known.severity, rule, path, remedy, known.source, quoted(value), line)
