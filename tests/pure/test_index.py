"""The map tells the truth: each event is counted once, at every zoom, box and filter."""

from __future__ import annotations

import math
import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rapport.events.index import MOST_CLUSTERS, Index, Rows, Selection, Wanted, fold, morton
from rapport.values import Box

WORLD = Box(-180, -90, 180, 90)
STATUSES = ("unverified", "verified", "refuted")
RESPONSES = ("open", "assigned", "done")
CODES = ("1", "2", "2a", "2b")


def rows(seed: int, ids: list[int]) -> Rows:
    """Generated events: some on one point, some outside of Mercator's square, one in ten without a place."""
    rnd = random.Random(seed)
    lon, lat, at, status, precision, pcode, words = [], [], [], [], [], [], []
    categories: dict[str, list[int]] = {code: [] for code in CODES}
    sources: dict[str, list[int]] = {"sms": [], "web": []}
    for event_id in ids:
        place = rnd.choice([(-72.335, 18.539167), (rnd.uniform(-180, 180), rnd.uniform(-90, 90)), (-72.5, 18.2)])
        mapped = rnd.random() > 0.1
        lon.append(place[0] if mapped else math.nan)
        lat.append(place[1] if mapped else math.nan)
        at.append(rnd.randrange(0, 10_000_000))
        status.append(rnd.choice(STATUSES))
        precision.append(rnd.randrange(1, 8) if mapped else 0)
        pcode.append(rnd.choice(["HT0111", "HT0112", "HT02", ""]))
        words.append(rnd.choice(["Food in Léogâne", "water\nat Delmas 33", "", "EAU à Léogâne"]))
        for code in rnd.sample(CODES, rnd.randrange(0, 3)):
            categories[code].append(event_id)
        sources[rnd.choice(["sms", "web"])].append(event_id)
    choices: dict[str, dict[str, list[int]]] = {
        "damage": {"none": [], "total": []},
        "needs": {"water": [], "tents": []},
    }
    for event_id in ids:
        for several in rnd.sample(sorted(choices["needs"]), rnd.randrange(3)):
            choices["needs"][several].append(event_id)
        if rnd.random() < 0.7:
            choices["damage"][rnd.choice(["none", "total"])].append(event_id)
    response = [rnd.choice(RESPONSES) for _ in ids]
    return Rows(
        ids, lon, lat, at, status, precision, [100] * len(ids), pcode, words, categories, sources, response, choices
    )


def plain(data: Rows, wanted: Wanted) -> set[int]:
    """The same selection written as the plainest loop."""
    chosen = set()
    for n, event_id in enumerate(data.ids):
        text = fold(data.words[n])
        if (
            (not wanted.statuses or data.status[n] in wanted.statuses)
            and (not wanted.categories or any(event_id in data.categories[c] for c in wanted.categories))
            and (not wanted.precisions or data.precision[n] in wanted.precisions)
            and (wanted.since is None or data.at[n] >= wanted.since)
            and (wanted.until is None or data.at[n] < wanted.until)
            and (not wanted.responses or data.response[n] in wanted.responses)
            and all(any(event_id in data.choices[f].get(c, ()) for c in some) for f, some in wanted.choices)
            and data.pcode[n].startswith(wanted.pcode)
            and all(word in text for word in fold(wanted.text).split())
            and (wanted.box is None or wanted.box.holds(data.lon[n], data.lat[n]))
        ):
            chosen.add(event_id)
    return chosen


def agree(selection: Selection, expected: set[int], box: Box, zoom: int) -> None:
    clusters = selection.clusters(box, zoom)
    assert selection.total == len(expected)
    assert set(selection.ids()) == expected
    assert sum(cluster.count for cluster in clusters) == selection.in_box(box)
    assert sum(cluster.count for cluster in selection.clusters(WORLD, zoom)) + selection.unmapped == selection.total


boxes = st.builds(
    Box, st.floats(-180, 180), st.floats(-90, 0), st.floats(-180, 180), st.floats(0, 90)
)  # west may lie east of east: across the antimeridian
wanteds = st.builds(
    Wanted,
    text=st.sampled_from(["", "leogane", "LÉOGÂNE", "eau leo", "delmas 33", "(", "nothing"]),
    categories=st.lists(st.sampled_from(CODES), max_size=2, unique=True).map(tuple),
    statuses=st.lists(st.sampled_from(STATUSES), max_size=2, unique=True).map(tuple),
    precisions=st.lists(st.integers(0, 7), max_size=2, unique=True).map(tuple),
    responses=st.lists(st.sampled_from(RESPONSES), max_size=2, unique=True).map(tuple),
    choices=st.lists(
        st.sampled_from([("damage", ("none",)), ("needs", ("water", "tents")), ("needs", ("gone",))]),
        max_size=2,
        unique=True,
    ).map(tuple),
    since=st.none() | st.integers(0, 10_000_000),
    until=st.none() | st.integers(0, 10_000_000),
    box=st.none() | boxes,
    pcode=st.sampled_from(["", "HT", "HT01", "HT0112"]),
)


@settings(max_examples=150)
@given(st.integers(0, 2**32), st.integers(0, 60), wanteds, boxes, st.integers(0, 24))
def test_clusters_and_unmapped_add_up_to_the_list(seed: int, size: int, wanted: Wanted, box: Box, zoom: int) -> None:
    data = rows(seed, list(range(1, size + 1)))
    agree(Index.build(data, 1).select(wanted), plain(data, wanted), box, zoom)


@settings(max_examples=100)
@given(st.integers(0, 2**32), st.integers(1, 40), st.data(), wanteds, boxes, st.integers(0, 24))
def test_changes_leave_the_same_as_building_anew(
    seed: int, size: int, data: st.DataObject, wanted: Wanted, box: Box, zoom: int
) -> None:
    first = list(range(1, size + 1))
    gone = data.draw(st.lists(st.sampled_from(first), unique=True))
    changed = sorted(set(data.draw(st.lists(st.integers(1, size + 20), unique=True))) - set(gone))
    before, after = rows(seed, first), rows(seed + 1, changed)
    index = Index.build(before, 1).updated(after, gone, 2)
    stays = plain(before, wanted) - set(gone) - set(changed)
    agree(index.select(wanted), stays | plain(after, wanted), box, zoom)


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(0, 40), wanteds)
def test_a_filters_counts_are_what_choosing_it_gives(seed: int, size: int, wanted: Wanted) -> None:
    data = rows(seed, list(range(1, size + 1)))
    index = Index.build(rows(seed + 1, list(range(1, size + 5))), 1).updated(data, list(range(size + 1, size + 5)), 2)
    counts = index.select(wanted).facets
    for response, count in counts.responses.items():
        assert count == len(plain(data, wanted) & plain(data, Wanted(responses=(response,))))
    for name, choices in counts.choices.items():
        for choice, count in choices.items():
            assert count == len(plain(data, wanted) & plain(data, Wanted(choices=((name, (choice,)),))))


def test_the_first_page_is_the_start_of_the_whole_list() -> None:
    selection = Index.build(rows(3, list(range(500))), 1).select(Wanted())
    assert selection.ids(0, 50) == selection.ids()[:50]
    assert selection.ids(20, 10) == selection.ids()[20:30]


def test_reports_on_one_point_are_one_cluster_that_knows_its_radius() -> None:
    data = Rows([1, 2], [-72.3, -72.3], [18.5, 18.5], [0, 0], ["verified"] * 2, [3, 5], [500, 9000], ["", ""],
                ["", ""], {}, {}, ["open"] * 2, {})  # fmt: skip
    (cluster,) = Index.build(data, 1).select(Wanted()).clusters(WORLD, 20)
    assert (cluster.count, cluster.radius_m, cluster.precision, cluster.event_id) == (2, 9000, 5, None)


def test_a_morton_cell_of_a_zoom_holds_exactly_its_tile_quarter() -> None:
    lon, lat = np.array([-180.0, 179.999, 0.0]), np.array([85.0, -85.0, 0.0])
    assert [int(code) >> (2 * 24) for code in morton(lon, lat)] == [0, 15, 12]


def test_an_answer_is_bounded_by_coarser_cells() -> None:
    ids = list(range(7_000))
    lon = [-180 + 0.05 * n for n in ids]
    data = Rows(ids, lon, [10.0] * 7_000, ids, ["verified"] * 7_000, [1] * 7_000, ids, [""] * 7_000, [""] * 7_000,
                {}, {}, ["open"] * 7_000, {})  # fmt: skip
    clusters = Index.build(data, 1).select(Wanted()).clusters(WORLD, 22)
    assert len(clusters) <= MOST_CLUSTERS
    assert sum(cluster.count for cluster in clusters) == 7_000
