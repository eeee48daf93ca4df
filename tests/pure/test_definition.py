from __future__ import annotations

from contextlib import suppress
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.errors import BadDefinition
from rapport.operations.definition import MOST_CHARACTERS, SMS_CHARACTERS, parse

HAITI = (files("rapport") / "data" / "haiti-2010" / "operation.toml").read_text(encoding="utf-8")
#: The basic alphabet of GSM 03.38: an SMS of anything else holds 70 characters instead of 160.
GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)

SMALL = """
slug = "sample"
kind = "crisis"
time_zone = "America/Port-au-Prince"
bbox = [-74.6, 17.9, -71.5, 20.2]
countries = ["HTI"]
languages = ["ht", "en"]

[names]
en = "A sample"

[[categories]]
code = "2"
names = { en = "Vital lines" }

[[categories]]
code = "2a"
parent = "2"
names = { en = "Food shortage" }
persons_at_risk = true
labels = ["2a. Food | Shortage"]

[[sources]]
slug = "old-map"
channel = "file"
names = { en = "The old map" }
columns = { text = "DESCRIPTION", lat = "LATITUDE", lon = "LONGITUDE" }

[[orders]]
slug = "publish"
text = "Publish what the old map had approved."
[orders.rule]
source = "old-map"
when = [{ field = "APPROVED", is = "YES" }, { inside = "operation" }]
then = [{ accept = { title_from = "TITLE" } }, { publish = true }]
also = [{ when = [{ field = "VERIFIED", is = "YES" }], status = "verified" }]
"""


def test_a_small_file_says_what_it_says() -> None:
    made = parse(SMALL)
    assert (made.slug, made.kind, made.languages, made.box.west) == ("sample", "crisis", ("ht", "en"), -74.6)
    assert [(c.code, c.parent, c.persons_at_risk) for c in made.categories] == [("2", "", False), ("2a", "2", True)]
    assert made.labels == {"2a. Food | Shortage": "2a"}
    assert made.sources[0].columns is not None
    assert made.sources[0].columns.text == "DESCRIPTION"


def test_a_standing_orders_rule_comes_out_as_the_desk_reads_it() -> None:
    assert parse(SMALL).orders[0].rule == {
        "source": "old-map",
        "when": [{"field": "APPROVED", "is": "YES"}, {"inside": "operation"}],
        "then": [{"accept": {"title_from": "TITLE", "precision": "locality"}}, {"publish": True}],
        "also": [{"when": [{"field": "VERIFIED", "is": "YES"}], "status": "verified"}],
    }


def test_a_file_as_windows_saves_it_begins_with_a_mark_and_says_the_same() -> None:
    assert parse(f"\ufeff{SMALL}") == parse(SMALL)


@pytest.mark.parametrize("deep", ["x = " + "[" * 5_000, "x = " + "{a=" * 5_000, "a" + ".a" * 5_000 + " = 1"])
def test_what_is_nested_without_end_is_refused(deep: str) -> None:
    with pytest.raises(BadDefinition):
        parse(f"{deep}\n{SMALL}")


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('en = "A sample"', 'en = "A \\u0000sample"', r"\[names\] en: holds control characters"),
        ('{ en = "Food shortage" }', '{ en = "Food \\u001b[31m" }', r"names\] en: holds control characters"),
        ('en = "A sample"', 'en = "A \\u202esample"', r"\[names\] en: holds a sign that turns letters around"),
        ('en = "A sample"', f'en = "{"x" * 1_001}"', r"\[names\] en: has 1,001 characters; write at most 1,000"),
        ('"2a. Food | Shortage"', '"2a. \\u0000"', "labels: holds control characters"),
        ('"2a. Food | Shortage"', f'"{"x" * 100_000}"', "labels: has 100,000 characters"),
    ],
)
def test_a_text_that_no_page_can_show_is_refused(before: str, after: str, says: str) -> None:
    assert before in SMALL
    with pytest.raises(BadDefinition, match=says):
        parse(SMALL.replace(before, after))


def test_a_misspelt_key_is_an_error_that_names_the_right_one() -> None:
    with pytest.raises(BadDefinition, match=r"categories 2.*person_at_risk.*did you mean persons_at_risk"):
        parse(SMALL.replace("persons_at_risk", "person_at_risk"))


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('slug = "sample"', 'slug = "api"', "slug: 'api' is an address of rapport itself"),
        ('slug = "sample"', 'slug = "Two Words"', "slug: .* small letters"),
        ('slug = "sample"', "", "slug: is missing"),
        ('kind = "crisis"', 'kind = "party"', "kind: 'party' is not one of crisis, watch, network"),
        ("America/Port-au-Prince", "Atlantis/Capital", "time_zone: .* not in the time zone database"),
        ("America/Port-au-Prince", "../../etc/passwd", "time_zone"),
        ("17.9, -71.5, 20.2", "20.2, -71.5, 17.9", "bbox: .* south is below north"),
        ("17.9, -71.5, 20.2", "17.9, -71.5", "bbox: write four numbers"),
        ('["HTI"]', '["Haiti"]', "countries: 'Haiti' does not fit"),
        ('["ht", "en"]', "[]", "languages: name at least one"),
        ('["ht", "en"]', '["ht", "ht"]', "languages: names something twice"),
        ('[names]\nen = "A sample"', "", "names: is missing"),
        ('parent = "2"', 'parent = "9"', "2a names '9'"),
        ('code = "2"\n', 'code = "2"\nparent = "2a"\n', "circle"),
        ('code = "2"\n', 'code = "2a"\n', "'2a' is there 2 times"),
        ("persons_at_risk = true", 'persons_at_risk = "yes"', "write true or false"),
        ('channel = "file"', 'channel = "pigeon"', "'pigeon' is not one of web, api, file"),
        ('channel = "file"', 'channel = "web"', "columns: a source of channel file needs this table"),
        ('lat = "LATITUDE", ', "", "lat and lon go together"),
        ('names = { en = "The old map" }', 'names = { en = "x" }\nper_minute = 0', "per_minute: write a whole number"),
        ('source = "old-map"', 'source = "new-map"', "'new-map', which is no source's slug"),
        ('inside = "operation"', 'inside = "prison"', "inside: 'prison' is not one of operation"),
        ("publish = true", "publish = false", "write true, or leave the effect out"),
        ('status = "verified"', 'status = "unverified"', "status: 'unverified' is not one of"),
        ("then = [{ accept", "then = []\n#", "an order without an effect"),
        ('title_from = "TITLE"', 'title_from = "TITLE", precision = "about"', "precision: 'about' is not one of exact"),
        ("[[orders]]", "[replies.en]\nreceived = 'a'\nask_place = 'b'\n[[orders]]", "stopped: is missing"),
        ("countries", "gazetteers = ['../secret.csv']\ncountries", "must lie beside this file"),
        ("countries", "glide = 'Haiti quake'\ncountries", "glide: .* as EQ-2010-000009-HTI"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place_and_a_remedy(before: str, after: str, says: str) -> None:
    assert before in SMALL
    with pytest.raises(BadDefinition, match=says):
        parse(SMALL.replace(before, after, 1))


def test_a_reply_longer_than_an_sms_is_refused() -> None:
    replies = f"[replies.en]\nreceived = '{'a' * (SMS_CHARACTERS + 1)}'\nask_place = 'b'\nstopped = 'c'\n"
    with pytest.raises(BadDefinition, match=r"\[replies.en\] received: has 161 characters"):
        parse(SMALL.replace("[[orders]]", replies + "[[orders]]", 1))


@given(st.text(max_size=200))
def test_any_other_text_is_refused_and_nothing_else_happens(text: str) -> None:
    with pytest.raises(BadDefinition):
        parse(text)


@given(st.sampled_from(SMALL.splitlines()), st.text(max_size=20))
def test_a_file_with_any_line_spoilt_is_read_or_refused(line: str, spoilt: str) -> None:
    with suppress(BadDefinition):
        assert parse(SMALL.replace(line, spoilt, 1)).languages


# --- the operation that ships --------------------------------------------------------------------------------------


def test_haiti_has_its_41_labels_each_as_one_category() -> None:
    haiti = parse(HAITI)
    assert len(haiti.categories) == len(haiti.labels) == 41
    assert haiti.labels["2c. Eau contaminee | Contaminated water"] == "2c"
    assert haiti.labels["2c. Probleme de securite | Security Concern"] == "2c-security"
    assert all(set(category.names) == {"en", "fr", "ht"} and category.hxl for category in haiti.categories)


def test_in_haiti_those_who_could_be_harmed_are_not_shown_exactly() -> None:
    at_risk = {category.code for category in parse(HAITI).categories if category.persons_at_risk}
    assert {"1a", "3d", "3e", "4c", "8d"} <= at_risk
    assert {"2a", "2b", "5c", "7d"} & at_risk == set()


def test_haitis_answers_fit_one_sms_each() -> None:
    haiti = parse(HAITI)
    assert set(haiti.replies) == set(haiti.consent) == set(haiti.languages)
    for texts in haiti.replies.values():
        assert all(len(text) <= SMS_CHARACTERS and set(text) <= GSM for text in texts.values())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("slug = " + "9" * 5_000, "This is not TOML"),
        ("slug = " + "[" * 5_000, "nested without end"),
        (" " * (MOST_CHARACTERS + 1), "write at most 200,000"),
        ("kind = 1\n" + ".".join(["a"] * 20_000) + " = 1", "Line 2 has 19,999 dots; write at most 100"),
    ],
)
def test_what_would_take_without_end_to_read_is_an_error_in_words(text: str, said: str) -> None:
    with pytest.raises(BadDefinition, match=said):
        parse(text)
