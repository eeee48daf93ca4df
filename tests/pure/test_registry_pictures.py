"""The registry's pictures show every row once where it belongs, are no more exact than their sources, and stay legible:
no text covers another, nothing hangs on colour, and no label breaks out of its place."""

from __future__ import annotations

import html
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from lxml import html as lxml_html

from rapport.registry import file
from rapport.registry.dates import dated
from rapport.registry.dialogues import Pair, pairs
from rapport.registry.model import Dialogue
from rapport.registry.pictures import labels
from rapport.registry.pictures.circle import ordered
from rapport.registry.pictures.graph import Graph, graph
from rapport.registry.pictures.lanes import MOST_LANES, MOST_MARKS, Mark
from rapport.registry.pictures.matrix import MOST_PARTIES, Said, matrix
from rapport.registry.pictures.spread import change, spread
from rapport.registry.pictures.svg import Svg
from rapport.registry.pictures.talks import Words
from rapport.registry.pictures.timeline import timeline

PROCESSES = file.read(file.text_of("cyber-processes"))
PAIRS = pairs(PROCESSES.dialogues)
MARKS = [Mark(f"e{n}", one.date, one.bodies, one.what) for n, one in enumerate(PROCESSES.events, 1)]
SHIPPED = timeline(MARKS)
HOSTILE = [
    "</svg><script>alert(1)</script>",
    "\"' onload=x &amp; <b>",
    "]]>\x00\x0b\ud800",
    "\u202eevil",
    "الجمهورية العربية السورية",
    "👨‍👩‍👧‍👦 🇨🇭 👍🏽",
    "Z" + "\u0301" * 400,
    "W" * 200,
    "北大西洋公約組織",
    "Bosnia and Herzegovina",
    "",
]

Box = tuple[float, float, float, float]
names = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60))


def parsed(svg: str) -> etree._Element:
    """The picture as XML, without the namespace."""
    top = etree.fromstring(svg)
    for element in top.iter():
        element.tag = etree.QName(element).localname
    return top


def titles(elements: Sequence[etree._Element]) -> list[str]:
    return [str(one.findtext("title")) for one in elements]


def of_class(top: etree._Element, name: str) -> list[etree._Element]:
    return [one for one in top.iter() if name in (one.get("class") or "").split()]


def pixels(value: str | None, width: float) -> float:
    value = value or "0"
    return float(value[:-1]) * width / 100 if value.endswith("%") else float(value)


def box(element: etree._Element, width: float, size: float, bold: bool = False) -> Box:
    """Left, top, right, bottom of a text or a shape, where percent are shares of a width."""
    at = {name: pixels(element.get(name), width) for name in ("x", "dx", "y", "cx", "cy", "r", "x1", "x2", "y1")}
    match element.tag:
        case "circle":
            return at["cx"] - at["r"], at["cy"] - at["r"], at["cx"] + at["r"], at["cy"] + at["r"]
        case "line":
            return at["x1"] - 4.5, at["y1"] - 4.5, at["x2"] + 4.5, at["y1"] + 4.5
        case "rect":
            right = at["x"] + pixels(element.get("width"), width)
            return at["x"], at["y"], right, at["y"] + float(str(element.get("height")))
    across = labels.width(element.text or "") * size * (1.1 if bold else 1)
    left = (
        at["x"] + at["dx"] - across * {None: 0.0, "start": 0.0, "middle": 0.5, "end": 1.0}[element.get("text-anchor")]
    )
    return left, at["y"] - 10, left + across, at["y"] + 3


def around(boxes: Sequence[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def overlapping(boxes: Sequence[Box]) -> list[tuple[Box, Box]]:
    return [
        (one, other)
        for one, other in combinations(boxes, 2)
        if one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
    ]


# --- the timeline --------------------------------------------------------------------------------------------------


def lanes(top: etree._Element) -> dict[str, list[etree._Element]]:
    found = (one for one in top.findall("g") if of_class(one, "body"))
    return {str(of_class(one, "body")[0].text): one.findall("a") for one in found}


def test_every_event_has_one_mark_in_the_lane_of_each_body_and_leads_to_its_row() -> None:
    found = lanes(parsed(SHIPPED.svg))
    drawn = {(lane, mark.get("href"), mark.findtext("text")) for lane, marks in found.items() for mark in marks}
    wanted = {(body, f"#e{n}", str(n)) for n, one in enumerate(PROCESSES.events, 1) for body in one.bodies}
    assert drawn == wanted
    assert sum(map(len, found.values())) == len(wanted) == 42
    assert (SHIPPED.left_out, len(found)) == (0, 24)


def test_the_keyboard_meets_every_event_once_and_hears_all_of_it() -> None:
    links = parsed(SHIPPED.svg).findall(".//a")
    reached = [one for one in links if one.get("tabindex") is None]
    assert Counter(one.get("href") for one in reached) == {f"#e{n}": 1 for n in range(1, 33)}
    title = next(str(one.findtext("title")) for one in links if one.get("href") == "#e4")
    assert re.sub("[\u2068\u2069]", "", title).startswith("4. 2011-09, SCO, CSTO, CIS: International Code of Conduct")


def test_a_date_is_drawn_over_all_days_that_it_may_mean_and_no_more() -> None:
    written = ["2012-01-01", "2013-06", "2015 early", "2016", "2013-06-20/21", "2017-12-31"]
    marks = [Mark(f"e{n}", dated(text), ("A",), "x") for n, text in enumerate(written)]
    top = parsed(timeline(marks).svg)
    days = (date(2018, 1, 1) - date(2012, 1, 1)).days
    signs = {str(one.get("href")): one[2] for one in top.iter("a")}
    for number, text in enumerate(written):
        sign, known = signs[f"#e{number}"], dated(text)
        start = 6 + 88 * (known.first - date(2012, 1, 1)).days / days
        across = 88 * ((known.last - known.first).days + 1) / days
        match sign.get("class"):
            case "rough":
                assert (pixels(sign.get("x"), 100), pixels(sign.get("width"), 100)) == pytest.approx(
                    (start, across), abs=0.01
                )
                assert text in {"2013-06", "2015 early", "2016"}
                assert sign.get("stroke-dasharray"), "a broken edge: not known to the day"
            case "days":
                assert (pixels(sign.get("x1"), 100), pixels(sign.get("x2"), 100)) == pytest.approx(
                    (start, start + across), abs=0.01
                )
            case "day":
                assert pixels(sign.get("cx"), 100) == pytest.approx(start + across / 2, abs=0.01)
                assert known.first == known.last


def covered(svg: Svg, width: int) -> list[tuple[Box, Box]]:
    """What covers what, at a width of the page: marks with their numbers, names of bodies, years."""
    top = parsed(svg)
    boxes = [box(one, width, 12, bold=True) for one in of_class(top, "body")]
    for link in top.iter("a"):
        boxes.append(around([box(one, width, 12) for one in link if one.get("class") != "hit" and one.tag != "title"]))
    for tick in of_class(top, "years")[0]:
        if width >= 960 or tick.get("class") == "coarse":
            boxes += [box(one, width, 12) for one in tick.iter("text")]
    assert all(one[0] >= 0 and one[2] <= width for one in boxes), "nothing is cut off"
    return overlapping(boxes)


@pytest.mark.parametrize("width", [320, 358, 500, 960, 1400])
def test_nothing_covers_anything_on_a_phone_or_a_desk(width: int) -> None:
    assert covered(SHIPPED.svg, width) == []


years = st.integers(1, 9999)
dates = st.one_of(
    st.dates().map(lambda day: dated(day.isoformat())),
    st.dates(date(2010, 1, 1), date(2012, 12, 31)).map(lambda day: dated(f"{day:%Y-%m}")),
    years.map(lambda year: dated(f"{year:04} late")),
    st.tuples(years, years).filter(lambda two: two[0] < two[1]).map(lambda two: dated("{:04}/{:04}".format(*two))),
)
marks = st.builds(Mark, names, dates, st.lists(names, max_size=3).map(tuple), names)


@given(st.lists(marks, max_size=25))
def test_whatever_happened_whenever_nothing_covers_anything(given_marks: list[Mark]) -> None:
    made = timeline(given_marks)
    assert (made.svg == "") == (not given_marks)
    for width in (320, 1000) if given_marks else ():
        assert covered(made.svg, width) == []


def many(count: int, bodies: int) -> list[Mark]:
    chosen = random.Random(7)
    days = [date(1998, 1, 1 + n % 28).replace(year=1998 + chosen.randrange(20)) for n in range(count)]
    what = "What was agreed there, in about as many words as a row has in the files"
    return [Mark(f"e{n}", dated(day.isoformat()), (f"Body {n % bodies}",), what) for n, day in enumerate(days)]


def test_what_is_too_much_stands_in_the_list_and_the_picture_says_so() -> None:
    made = timeline(many(MOST_MARKS + 100, 60))
    found = lanes(parsed(made.svg))
    assert (made.left_out, sum(map(len, found.values()))) == (100, MOST_MARKS)
    assert len(found) == MOST_LANES
    assert list(found)[-1] == "Others"
    assert timeline([]).svg == ""


def test_pictures_stay_small() -> None:
    assert len(SHIPPED.svg.encode()) < 25_000
    assert len(timeline(many(500, 24)).svg.encode()) < 220_000
    assert len(graph(PAIRS).svg.encode()) < 6_000
    assert len(everybody(40, 1).svg.encode()) < 250_000
    assert len(spread([1, 2, 3, 4, 5], 0).svg.encode()) < 1_500


# --- who talks to whom ---------------------------------------------------------------------------------------------

COUNTRIES = [
    "Bosnia and Herzegovina",
    "Chad",
    "Democratic Republic of the Congo",
    "Côte d'Ivoire",
    "United Kingdom",
    "WWW",
]


def talking(count: int, share: float) -> list[Pair]:
    chosen = random.Random(count)
    parties = [f"{COUNTRIES[n % 6]} {n}" if n % 3 else f"{HOSTILE[n % 11]}{n}" for n in range(count)]
    said = [Dialogue(*two, "", chosen.choice(["", "1"]), ()) for two in pairwise(parties)]
    said += [
        Dialogue(one, other, "", "", ())
        for one in parties
        for other in parties
        if one != other and chosen.random() < share
    ]
    return pairs(said)


def everybody(count: int, share: float) -> Graph:
    return graph(talking(count, share))


def test_the_graph_shows_the_pairs_of_the_files_as_their_sources_say_them() -> None:
    made = graph(PAIRS, {"US": "/parties/us/"})
    top = parsed(made.svg)
    ties = of_class(top, "tie")
    assert (len(ties), len(of_class(top, "both")), len(of_class(top, "one")), len(of_class(top, "first"))) == (
        15,
        12,
        3,
        8,
    )
    assert {re.sub("[\u2068\u2069]", "", one) for one in titles(of_class(top, "one"))} == {
        "Japan – US: said by US; Japan has no entry in the sources",
        "China – EU: said by China; EU has no entry in the sources; track 1",
        "Germany – US: said by Germany, not by US; track 1",
    }
    assert len(of_class(top, "party")) == 10
    silent = [one for one in of_class(top, "party") if of_class(one, "silent")]
    assert {one.findtext("text") for one in silent} == {"EU", "Japan"}
    assert [one.get("href") for one in top.iter("a")] == ["/parties/us/"]
    assert "Pairs: 15; said by both sides: 12; said by one side only: 3; named as track 1: 8" in str(
        top.findtext("desc")
    )


def test_lines_differ_in_shape_and_arrows_point_from_who_says_so() -> None:
    top = parsed(graph(PAIRS).svg)
    dots = {one.findtext("text"): one.find("circle") for one in of_class(top, "party")}
    for tie in of_class(top, "tie"):
        one_sided = "one" in str(tie.get("class")).split()
        assert bool(tie[1].get("stroke-dasharray")) == one_sided == (len(tie.findall("path")) == 2)
        assert (float(str(tie[1].get("stroke-width"))) > 3) == ("first" in str(tie.get("class")))
    for who, named in (("Germany", "US"), ("US", "Japan"), ("China", "EU")):
        said = f"said by \u2068{who}\u2069"
        tie = next(one for one in of_class(top, "one") if said in str(one.findtext("title")))
        tip = [float(part) for part in re.findall(r"[\d.]+", str(tie[2].get("d")))[:2]]
        for name, near in ((named, True), (who, False)):
            dot = dots[name]
            assert dot is not None
            away = abs(float(str(dot.get("cx"))) - tip[0]) + abs(float(str(dot.get("cy"))) - tip[1])
            assert (away < 10) == near


def test_a_picture_with_links_is_a_group_and_without_them_an_image() -> None:
    assert parsed(graph(PAIRS).svg).get("role") == "img"
    assert parsed(graph(PAIRS, {"US": "/us/"}).svg).get("role") == parsed(SHIPPED.svg).get("role") == "group"


@pytest.mark.parametrize("count", range(2, 41))
def test_names_around_the_circle_never_cover_each_other_nor_a_dot(count: int) -> None:
    top = parsed(everybody(count, 0.1).svg)
    parties = of_class(top, "party")
    assert len(parties) == count
    boxes = [around([box(one, 360, 12) for one in party if one.tag != "title"]) for party in parties]
    assert overlapping(boxes) == []
    height = float(str(top.get("viewBox")).split()[3])
    assert all(one[0] >= 0 and one[2] <= 360 and one[1] >= 0 and one[3] <= height for one in boxes)


def test_beyond_forty_parties_those_with_the_fewest_pairs_are_named_as_left_out() -> None:
    made = graph([*talking(40, 0.3), *pairs([Dialogue("lone", "wolf", "", "", ())])])
    assert (made.left_out, len(of_class(parsed(made.svg), "party"))) == (("lone", "wolf"), 40)
    assert graph([]).svg == ""


ties = st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda two: two[0] < two[1]))


def crossings(order: Sequence[str], lines: set[tuple[str, str]]) -> int:
    place = {name: number for number, name in enumerate(order)}
    ends = [sorted((place[one], place[other])) for one, other in lines]
    return sum(a < c < b < d or c < a < d < b for (a, b), (c, d) in combinations(ends, 2))


@given(ties)
def test_the_order_around_the_circle_crosses_no_more_lines_than_the_alphabet(found: set[tuple[int, int]]) -> None:
    parties = [f"p{n}" for n in range(10)]
    lines = {(f"p{one}", f"p{other}") for one, other in found}
    order = ordered(parties, lines)
    assert sorted(order) == parties
    assert crossings(order, lines) <= crossings(parties, lines)
    assert order == ordered(parties, sorted(lines, reverse=True)), "the same picture every time"


def test_a_ring_of_talks_is_drawn_without_any_crossing() -> None:
    parties = [f"p{n}" for n in range(8)]
    ring = [f"p{n * 3 % 8}" for n in range(8)]
    lines = set(pairwise([*ring, ring[0]]))
    assert crossings(parties, lines) > 0
    assert crossings(ordered(parties, lines), lines) == 0


def test_the_matrix_says_who_says_it_and_never_makes_a_no_of_a_blank() -> None:
    made = matrix(PAIRS)
    cells = {(row.party, of): cell for row in made.rows for of, cell in zip(made.parties, row.cells, strict=True)}
    assert made.parties == ("Brazil", "China", "Germany", "India", "Russia", "South Korea", "UK", "US", "EU", "Japan")
    counts = Counter(cell.said for cell in cells.values())
    assert counts[Said.BOTH] + counts[Said.ROW] == len(PROCESSES.dialogues) == 27
    assert counts == {
        Said.BOTH: 24, Said.ROW: 3, Said.COLUMN: 3, Said.SELF: 10, Said.UNKNOWN: 16, Said.BLANK: 44
    }  # fmt: skip
    assert (cells["US", "Germany"].said, cells["Germany", "US"].said) == (Said.COLUMN, Said.ROW)
    assert (cells["US", "Japan"].said, cells["Japan", "US"].said) == (Said.ROW, Said.COLUMN)
    assert (cells["China", "Japan"].said, cells["China", "Japan"].told) == (Said.BLANK, "")
    assert (cells["Japan", "China"].said, cells["Japan", "China"].told) == (Said.UNKNOWN, "no entry in the sources")
    assert [row.party for row in made.rows if not row.heard] == ["EU", "Japan"]
    assert sum(cell.track == "1" for cell in cells.values()) == 16, "8 pairs, each from both sides"
    assert all(cell.told for cell in cells.values() if cell.sign)


def test_a_matrix_has_an_end() -> None:
    made = matrix(talking(MOST_PARTIES + 5, 0.1))
    assert (len(made.parties), len(made.rows), len(made.left_out)) == (MOST_PARTIES, MOST_PARTIES, 5)


# --- how answers spread --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "lowest", "told"),
    [
        ((0, 1, 3, 5, 2), 0, "answers: 11; median: 3; from 1 to 4; of each value: 0: 0, 1: 1, 2: 3, 3: 5, 4: 2"),
        ((3, 3), 1, "answers: 6; median: 1.5; from 1 to 2; of each value: 1: 3, 2: 3"),
        (
            (0, 0, 10**12),
            0,
            "answers: 1000000000000; median: 2; from 2 to 2; of each value: 0: 0, 1: 0, 2: 1000000000000",
        ),
        ((0, 0, 0), 0, "no answers"),
        (None, 0, "too few answers to be shown"),
    ],
)
def test_a_spread_says_what_it_draws(counts: tuple[int, ...] | None, lowest: int, told: str) -> None:
    made = spread(counts, lowest)
    assert made.told == told
    if not counts or not sum(counts):
        assert made.svg == ""
        return
    top = parsed(made.svg)
    assert top.findtext("title") == told
    assert len(top.findall("circle")) == sum(count > 0 for count in counts)
    shown = [one.text for one in top.iter("text")]
    assert shown[-len(counts) :] == [str(lowest + n) for n in range(len(counts))]


@given(st.lists(st.integers(0, 1500), min_size=2, max_size=7).filter(any))
def test_counts_and_values_cover_nothing_in_a_cell_of_a_table(counts: list[int]) -> None:
    top = parsed(spread(counts, 0).svg)
    circles = [box(one, 160, 11) for one in top.iter("circle")]
    texts = [box(one, 160, 11) for one in top.iter("text")]
    values = texts[-len(counts) :]
    assert overlapping(circles) == []
    assert overlapping([*circles, *values]) == []
    assert all(one[0] >= 0 and one[2] <= 160 for one in [*circles, *texts])


def test_two_waves_show_the_medians_before_and_after_and_keep_what_is_suppressed() -> None:
    made = change([3, 4, 2, 1, 0], [0, 1, 3, 5, 2], 0)
    assert "Before: answers: 10; median: 1; from 0 to 3" in made.told
    assert "After: answers: 11; median: 3; from 1 to 4" in made.told
    line = parsed(made.svg).findall(".//g[@class='arrow']/line")[0]
    assert float(str(line.get("x1"))) == 16 + 1 * 32
    assert float(str(line.get("x2"))) < 16 + 3 * 32
    assert change(None, [9, 0], 0).told == "Before: too few answers to be shown. After: " + spread([9, 0], 0).told + "."
    assert change(None, [9, 0], 0).svg == ""


@pytest.mark.parametrize("counts", [[1], [1] * 8, [2, -1, 0]])
def test_what_is_no_short_scale_is_refused(counts: list[int]) -> None:
    with pytest.raises(ValueError, match="2 to 7 values"):
        spread(counts, 0)


# --- whatever they are called --------------------------------------------------------------------------------------


def everything(one: str, other: str, what: str) -> Iterator[Svg]:
    said = pairs([Dialogue(one, other, "", "1", ()), Dialogue(other, "third", "", "", ())])
    yield timeline([Mark(what, dated("2015 early"), (one, other), what, when=other)]).svg
    yield graph(said, {one: what, other: one}, Words(title=what)).svg
    yield from (cell.sign for row in matrix(said).rows for cell in row.cells if cell.sign)
    yield from (key.sample for made in (graph(said), matrix(said)) for key in made.legend)


@given(names, names, names)
def test_no_name_breaks_out_of_its_place(one: str, other: str, what: str) -> None:
    if one == other:
        other = one + "2"
    for svg in everything(one, other, what):
        tags = {element.tag for element in parsed(svg).iter()}
        assert tags <= {"svg", "title", "desc", "g", "a", "line", "circle", "rect", "path", "text"}
        attributes = {name for element in parsed(svg).iter() for name in element.attrib}
        assert not {name for name in attributes if name in {"style", "id"} or name.startswith("on")}
        read = lxml_html.fragment_fromstring(f"<div>{svg}</div>")
        assert [element.tag for element in read] == ["svg"], "as a browser reads it, too"
        assert len(svg.encode()) < 12_000
        assert svg.__html__() == svg


def test_a_long_name_is_cut_and_stands_whole_in_the_title() -> None:
    name = "Organisation for the Prohibition of very long names of organisations"
    top = parsed(graph(pairs([Dialogue(name, "B", "", "", ())]), {}).svg)
    party = next(one for one in of_class(top, "party") if name in str(one.findtext("title")))
    assert [one.text for one in party.findall("text")][-1].endswith("…")


@given(names, st.floats(3, 20))
def test_what_is_shortened_fits(text: str, room: float) -> None:
    short = labels.shortened(text, room)
    assert labels.width(short) <= room + 0.001
    assert all(labels.width(line) <= room + 0.001 for line in labels.wrapped(text, room))


def test_signs_of_several_characters_are_not_cut_in_two() -> None:
    family, flag, thumb = "👨‍👩‍👧‍👦", "🇨🇭", "👍🏽"
    for sign in (family, flag, thumb):
        short = labels.shortened(sign * 9, 12)
        assert short.endswith("…")
        assert short[:-1] == sign * (len(short[:-1]) // len(sign)) != ""
    assert labels.plain("Z" + "\u0301" * 400) == "Z\u0301\u0301\u0301…"


def test_words_are_those_of_the_page() -> None:
    words = Words(title="Wer mit wem", both="sagen beide", told="%(pairs)s Paare")
    top = parsed(graph(PAIRS, said=words).svg)
    assert (top.findtext("title"), top.findtext("desc")) == ("Wer mit wem", "15 Paare")
    assert sum("sagen beide" in title for title in titles(of_class(top, "tie"))) == 12
    assert html.escape("sagen beide") in [key.means for key in graph(PAIRS, said=words).legend]
