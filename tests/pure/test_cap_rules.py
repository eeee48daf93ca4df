"""Each rule has a message that breaks it, and one like it that does not."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import pytest

from rapport.formats.cap import catalogue
from rapport.formats.cap.finding import Finding
from rapport.formats.cap.reading import read
from rapport.formats.cap.validation import Profile, validate
from tests.pure.cap_alerts import GOOD, good

NOW = datetime(2010, 1, 20, 12, tzinfo=UTC)
HAITI = (18.0, -74.5, 20.1, -71.6)

Change = tuple[str, str]
FIRST_AREA = GOOD[GOOD.index("<areaDesc>") : GOOD.index("</area>")]
INFOS = GOOD[GOOD.index("<info>") : GOOD.index("</alert>")]
SECOND = INFOS[INFOS.rindex("<info>") :]
RING = "18.4,-72.7 18.6,-72.7 18.6,-72.5 18.4,-72.5 18.4,-72.7"
REFERENCE = "alerts@example.org,leogane-6,2010-01-19T06:00:00-05:00"
DESCRIPTION = "Aftershocks of magnitude 5 &amp; more are likely."


def value(element: str, new: str) -> Change:
    """Another value in the first element of that name."""
    start = GOOD.index(f"<{element}>")
    end = GOOD.index(f"</{element}>", start)
    return GOOD[start:end], f"<{element}>{new}"


def without(element: str) -> Change:
    start = GOOD.index(f"<{element}>")
    return GOOD[start : GOOD.index(f"</{element}>", start) + len(element) + 3], ""


def ring(new: str) -> Change:
    return RING, new


def after(element: str, more: str) -> Change:
    return f"</{element}>", f"</{element}>{more}"


#: rule: what breaks it, and what is like that and does not (nothing: the message that breaks none)
CASES: dict[str, tuple[list[Change], list[Change]]] = {
    # the schema
    "element": ([after("msgType", "<origin>desk</origin>")], [after("msgType", "<source>desk</source>")]),
    "order": ([without("scope"), after("references", "<scope>Public</scope>")], []),
    "missing": ([without("event")], [value("event", "Quake")]),
    "repeated": ([after("event", "<event>Quake</event>")], [after("category", "<category>Safety</category>")]),
    "attribute": ([("<event>", '<event kind="1">')], [("<alert ", '<alert xmlns:other="urn:other" ')]),
    "mixed": ([("<info>", "<info>really")], [("<info>", "<info><!-- really -->")]),
    "choice": ([value("severity", "severe")], [value("severity", "Extreme")]),
    "integer": ([value("size", "5 kB")], [value("size", " 5 ")]),
    "decimal": ([value("ceiling", "high")], [value("ceiling", "3000.5")]),
    "language-form": ([value("language", "en_US")], [value("language", "")]),
    # how values are written
    "time": ([value("sent", "2010-01-20T11:00:00Z")], [value("sent", "2010-01-20T11:00:00-00:00")]),
    "offset": ([value("sent", "2010-01-20T23:00:00+15:00")], [value("sent", "2010-01-20T23:00:00+14:00")]),
    "utc": ([value("sent", "2010-01-20T11:00:00+00:00")], [value("sent", "2010-01-20T11:00:00-00:00")]),
    "points": ([ring("18.4, -72.7 18.6,-72.7 18.6,-72.5 18.4, -72.7")], [ring(RING.replace(" ", "\n"))]),
    "circle": ([value("circle", "18.5,-72.6,12")], [value("circle", "18.5,-72.6  12")]),
    "triple": ([value("references", "leogane-6")], [value("references", f"{REFERENCE}\n")]),
    "quotes": ([after("references", '<incidents>"night desk</incidents>')],
               [after("references", '<incidents>"night desk"</incidents>')]),
    "too-many-points": ([ring("1,2 " * 100_001)], [ring("1,2 3,4 5,6 1,2")]),
    "too-many-named": ([after("references", f"<incidents>{'a ' * 2_001}</incidents>")],
                       [after("references", f"<incidents>{'a ' * 2_000}</incidents>")]),
    "more": ([("<info>", "<x/>" * 300 + "<info>")], [("<info>", "<x/>" * 20 + "<info>")]),
    # the message
    "identity": ([value("identifier", "leogane 7")], [value("identifier", "urn:oid:2.49.0.1:7")]),
    "references-needed": ([without("references")], [without("references"), value("msgType", "Alert")]),
    "restriction-needed": ([value("scope", "Restricted")],
                           [value("scope", "Restricted"), after("scope", "<restriction>health</restriction>")]),
    "restriction-unneeded": ([after("scope", "<restriction>health</restriction>")], [after("scope", "<restriction/>")]),
    "addresses-needed": ([value("scope", "Private")],
                         [value("scope", "Private"), after("scope", "<addresses>desk</addresses>")]),
    "reference-self": ([value("references", "alerts@example.org,leogane-7,2010-01-20T11:00:00-00:00")],
                       [value("references", "alerts@example.org,leogane-7,2010-01-20T10:00:00-00:00")]),
    "reference-later": ([value("references", REFERENCE.replace("01-19", "01-21"))],
                        [value("references", REFERENCE.replace("01-19", "01-20"))]),
    "reference-repeated": ([value("references", f"{REFERENCE} {REFERENCE}")],
                           [value("references", f"{REFERENCE} {REFERENCE.replace('6,', '5,')}")]),
    "draft": ([value("status", "Draft")], [value("status", "Test")]),
    "exercise-note": ([value("status", "Exercise")],
                      [value("status", "Exercise"), after("scope", "<note>Tremor 2010</note>")]),
    "error-note": ([value("msgType", "Error")],
                   [value("msgType", "Error"), after("scope", "<note>No such message</note>")]),
    "no-info": ([(INFOS, "")], [(INFOS, ""), value("msgType", "Cancel")]),
    # what is said
    "empty": ([value("event", " ")], [value("event", "!")]),
    "language-unknown": ([value("language", "english")], [value("language", "yue-Hant-HK")]),
    "same-text": ([("Fortes répliques près de Léogâne", "Strong aftershocks near Léogâne")], []),
    "overriding": ([("<language>fr</language>", "<language>en-US</language>"), ("Réplique<", "Aftershock<"),
                    (SECOND[SECOND.index("<severity>"):SECOND.index("<certainty>")], "<severity>Minor</severity>\n")],
                   [("<language>fr</language>", "<language>en-US</language>"), ("Réplique<", "Aftershock<")]),
    "assess": ([value("responseType", "Assess")], [value("responseType", "Monitor")]),
    "expires-absent": ([without("expires")], []),
    "headline-long": ([value("headline", "a" * 161)], [value("headline", "a" * 160)]),
    "code-empty": ([("<value>EQW</value>", "<value> </value>")], [("<value>EQW</value>", "<value>0</value>")]),
    "code-acronym": ([("SAME", "S.A.M.E.")], [("SAME", "https://example.org/v1.2/codes")]),
    "expires-early": ([value("expires", "2010-01-20T06:00:00-05:00")], [value("expires", "2010-01-20T06:00:01-05:00")]),
    "web": ([value("web", "alerts/7")], [value("web", "mailto:desk@example.org")]),
    "plain-text": ([value("description", "Go &lt;b>now&lt;/b>")],
                   [value("description", "Wind &lt; 20 km/h &amp; rain")]),
    # what comes with it
    "mime-type": ([value("mimeType", "png")], [value("mimeType", "image/svg+xml")]),
    "size": ([value("size", "-5")], [value("size", "0")]),
    "uri-relative": ([without("derefUri"), without("digest")], [without("digest")]),
    "deref-uri": ([value("derefUri", "hello!")], [value("derefUri", "aGVs\nbG8=")]),
    "digest": ([value("digest", "0" * 40)], [value("digest", "AAF4C61DDCC5E8A2DABEDE0F3B482CD9AEA9434D")]),
    "digest-form": ([value("digest", "sha1")], [value("digest", "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d")]),
    # where
    "ring-short": ([ring("18.4,-72.7 18.6,-72.7 18.4,-72.7")], [ring("18.4,-72.7 18.6,-72.7 18.6,-72.5 18.4,-72.7")]),
    "ring-open": ([ring("18.4,-72.7 18.6,-72.7 18.6,-72.5 18.4,-72.6")],
                  [ring("18.4,-72.7 18.6,-72.7 18.6,-72.5 18.40,-72.700")]),
    "ring-range": ([ring("98.4,-72.7 98.6,-72.7 98.6,-72.5 98.4,-72.7")],
                   [ring("90,-180 89,-180 89,180 90,-180")]),
    "ring-crosses": ([ring("18.4,-72.7 18.6,-72.5 18.6,-72.7 18.4,-72.5 18.4,-72.7")], []),
    "ring-touches": ([ring("18.4,-72.7 18.4,-72.5 18.6,-72.5 18.4,-72.6 18.6,-72.7 18.4,-72.7")],
                     [ring("18.4,-72.7 18.4,-72.5 18.6,-72.5 18.41,-72.6 18.6,-72.7 18.4,-72.7")]),
    "ring-unchecked": ([ring(" ".join(f"{at / 1000},{1 + at % 2 * 80}" for at in range(2_501)))], []),
    "ring-swapped": ([ring("-72.7,18.4 -72.7,18.6 -72.5,18.6 -72.7,18.4")], []),
    "circle-range": ([value("circle", "-98,18 5")], [value("circle", "-90,180 5")]),
    "radius-negative": ([value("circle", "18.5,-72.6 -1")], [value("circle", "18.5,-72.6 .5")]),
    "radius-zero": ([value("circle", "18.5,-72.6 0.0")], [value("circle", "18.5,-72.6 0.1")]),
    "ceiling-alone": ([without("altitude")], [without("ceiling")]),
    "ceiling-low": ([value("ceiling", "-1")], [value("ceiling", "0")]),
    "area-unmapped": ([(FIRST_AREA, "<areaDesc>Léogâne</areaDesc>")],
                      [(FIRST_AREA, "<areaDesc>Léogâne</areaDesc><circle>18.5,-72.6 2</circle>")]),
    # Google
    "google-info": ([(INFOS, "")], []),
    "google-description": ([without("description")], []),
    "google-web": ([without("web")], []),
    "google-expires": ([without("expires")], []),
    "google-area": ([(FIRST_AREA, "<areaDesc>Léogâne</areaDesc>")], []),
    "google-same": ([value("category", "Met")], []),
    "google-effective": ([value("effective", "2010-01-22T06:00:00-05:00")], []),
    "google-offset": ([value("onset", "2010-01-20T11:30:00-00:00")], []),
    "google-sender-name": ([without("senderName")], []),
    "google-response": ([without("responseType")], []),
    "google-instruction": ([without("instruction")], []),
    "google-contact": ([without("contact")], []),
    "google-headline": ([value("headline", "a" * 140)], [value("headline", "a" * 139)]),
    "google-repeats": ([value("instruction", DESCRIPTION)], []),
    "google-unknown": ([value("urgency", "Unknown")], [value("urgency", "Past")]),
    "google-geocode": ([without("polygon"), without("circle")], [without("polygon")]),
    "google-radius": ([value("circle", "18.5,-72.6 0")], []),
    "google-event": ([("<language>fr</language>", "<language>en-US</language>")], []),
    "google-area-desc": ([value("areaDesc", "a" * 50)], [value("areaDesc", "a" * 49)]),
    "google-decimals": ([value("circle", "18.5000001,-72.6 2")], [value("circle", "18.500001,-72.6 2")]),
    "google-status": ([value("status", "Test")], [value("status", "Exercise")]),
    # IFRC
    "ifrc-info": ([(INFOS, "")], []),
    "ifrc-status": ([value("status", "Test")], []),
    "ifrc-time": ([value("onset", "2010-01-20T06:30:00-05:00 ")], []),
    "ifrc-event": ([value("event", "")], []),
    "ifrc-spaces": ([ring(RING.replace(" ", "  "))], []),
    "ifrc-expired": ([value("expires", "2010-01-20T06:30:00-05:00")], [value("expires", "2010-01-20T07:30:00-05:00")]),
    "ifrc-first": ([after("category", "<category>Safety</category>")], []),
    "ifrc-placed": ([without("polygon")], [without("circle")]),
}  # fmt: skip

#: Only a message of CAP 1.0 can break these.
OF_1_0: dict[str, tuple[str, str]] = {
    "credential-sent": ("<password>x</password>", ""),
    "scope-unsaid": ("", "<scope>Public</scope>"),
    "very-likely": ("<scope>Public</scope>", ""),
    "ifrc-category": ("<scope>Public</scope>", ""),
}


def profile_of(rule: str) -> Profile | None:
    return "google" if rule.startswith("google-") else "ifrc" if rule.startswith("ifrc-") else None


def findings(data: bytes, rule: str) -> list[Finding]:
    found = validate(read(data), profile_of(rule), now=NOW, home=HAITI)
    return [one for one in found if one.rule == rule]


@pytest.mark.parametrize("profile", [None, "google", "ifrc"])
def test_there_is_a_message_that_nobody_has_anything_against(profile: Profile | None) -> None:
    assert validate(read(good()), profile, now=NOW, home=HAITI) == ()


@pytest.mark.parametrize("rule", CASES)
def test_a_message_that_breaks_the_rule_is_told_so(rule: str) -> None:
    found = findings(good(*CASES[rule][0]), rule)
    assert found, "not found"
    for one in found:
        assert one.severity == catalogue.RULES[rule].severity
        assert one.path.startswith("/alert/")
        assert one.line > 1, "the line says where to look"
        assert one.remedy.endswith((".", "?")), "says what to do"
        assert len(one.value) <= 121, "quotes no more than a line"


@pytest.mark.parametrize("rule", CASES)
def test_a_message_like_it_that_keeps_the_rule_is_not(rule: str) -> None:
    assert findings(good(*CASES[rule][1]), rule) == []


FIRST_VERSION = """<alert xmlns="http://www.incident.com/cap/1.0"><identifier>leogane-7</identifier>
<sender>alerts@example.org</sender><sent>2010-01-20T06:00:00-05:00</sent><status>Actual</status><msgType>Alert</msgType>
{first}<info><event>Aftershock</event><urgency>Future</urgency><severity>Severe</severity>
<certainty>Very Likely</certainty><eventCode>SAME=EQW</eventCode></info></alert>"""


@pytest.mark.parametrize("rule", OF_1_0)
def test_rules_that_only_the_first_version_can_break(rule: str) -> None:
    data = FIRST_VERSION.format(first=OF_1_0[rule][0] + ("<scope>Public</scope>" if rule == "credential-sent" else ""))
    assert findings(data.encode(), rule)
    assert findings(good(), rule) == []


def test_every_rule_of_the_catalogue_has_its_case() -> None:
    elsewhere = {*catalogue.CHAIN, *catalogue.REPAIR}  # test_cap_chain.py, test_cap_repair.py
    assert {*CASES, *OF_1_0} == set(catalogue.RULES) - elsewhere


@pytest.mark.parametrize(
    ("rule", "path", "line", "quoted"),
    [
        ("choice", "/alert/info[1]/severity", 16, "severe"),
        ("points", "/alert/info[1]/area[1]/polygon[1]", 39, "18.4,"),
        ("ring-open", "/alert/info[1]/area[1]/polygon[1]", 39, "18.4,-72.6"),
        ("missing", "/alert/info[1]/event", 10, ""),
    ],
)
def test_a_finding_names_element_line_and_value(rule: str, path: str, line: int, quoted: str) -> None:
    one = findings(good(*CASES[rule][0]), rule)[0]
    assert (one.path, one.line, one.value) == (path, line, quoted)


def test_of_two_shapes_the_second_is_named_where_the_first_cannot_be_read() -> None:
    data = good(ring("nowhere</polygon><polygon>18.4,-72.7 18.6,-72.7 18.4,-72.7"))
    assert [one.path for one in findings(data, "points")] == ["/alert/info[1]/area[1]/polygon[1]"]
    assert [one.path for one in findings(data, "ring-short")] == ["/alert/info[1]/area[1]/polygon[2]"]


def test_the_worst_comes_first() -> None:
    found = validate(read(good(without("event"), without("expires"))), now=NOW)
    assert [one.severity for one in found] == sorted((one.severity for one in found), key=("error", "warning").index)


def test_a_language_that_everybody_writes_is_known() -> None:
    babel = pytest.importorskip("babel.localedata")
    from rapport.formats.cap.rules.languages import is_known

    tags = {tag.split("_")[0] for tag in babel.locale_identifiers()}
    assert [tag for tag in sorted(tags) if not is_known(tag)] == []
    assert not any(map(is_known, ["english", "xx", "en-us", "EN", "fr_FR", ""]))


def test_every_rule_says_what_it_wants_and_who_does() -> None:
    for rule in catalogue.RULES.values():
        assert rule.says
        assert rule.source
    groups = [catalogue.SCHEMA, catalogue.WRITTEN, catalogue.MEANING, catalogue.CHAIN, catalogue.GOOGLE, catalogue.IFRC]
    names = list(chain.from_iterable(groups))
    assert len(names) == len(set(names)), "a rule stands in one group"


def test_the_reference_names_every_rule_as_the_code_has_it() -> None:
    text = (Path(__file__).parents[2] / "docs" / "reference" / "cap.md").read_text(encoding="utf-8")
    rows = {f"| `{name}` | {rule.severity} | {rule.says} | {rule.source} |" for name, rule in catalogue.RULES.items()}
    written = {line for line in text.splitlines() if re.match(r"\| `[a-z-]+` \| (error|warning|note) \|", line)}
    assert written == rows
