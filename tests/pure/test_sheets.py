"""Sheets as PDF: every name is drawn or said to be missing, numbers keep their order, every page says whose it is."""

from __future__ import annotations

import re
import zlib
from datetime import UTC, datetime

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.contacts.rows import Block, Row, isolated
from rapport.contacts.sheets import fonts, layout
from rapport.contacts.sheets.direction import runs
from rapport.contacts.sheets.pdf import made

NAMES = {
    "French": "Agence nationale de la sécurité",
    "Russian": "Национальный координационный центр",
    "Greek": "Εθνική Αρχή Κυβερνοασφάλειας",
    "Arabic": "مكتب الأمن السيبراني",
    "Persian": "مرکز ماهر می‌شود",
    "Hebrew": "מערך הסייבר הלאומי",
    "Simplified": "国家互联网应急中心",
    "Traditional": "國家網路安全研究院",
    "Japanese": "サイバーセキュリティセンター",
    "Armenian": "Կիբեռանվտանգություն",
    "Georgian": "კიბერუსაფრთხოება",
}
AT = datetime(2026, 11, 27, tzinfo=UTC)


def sheet(*rows: Row, paper: layout.Paper = layout.SHEET, foot: str = "Export 7") -> bytes:
    return made([Block("Points of contact", rows)], paper, title="Card", foot=foot, at=AT)


@pytest.mark.parametrize("name", NAMES.values(), ids=list(NAMES))
def test_every_letter_of_a_name_is_drawn_by_a_glyph_of_its_own(name: str) -> None:
    assert fonts.drawable(name) == name
    assert all(glyph.number for glyph in fonts.glyphs(isolated(name))), "glyph 0 is the empty box"


def test_arabic_letters_are_joined() -> None:
    alone = {glyph.number for letter in "مكتب" for glyph in fonts.glyphs(isolated(letter))}
    joined = {glyph.number for glyph in fonts.glyphs(isolated("مكتب"))}
    assert len(joined - alone) >= 3


@pytest.mark.parametrize("name", ["한국인터넷진흥원", "राष्ट्रीय", "ศูนย์"])
def test_a_script_that_cannot_be_drawn_is_said_to_be_missing_where_it_stands(name: str) -> None:
    assert fonts.drawable(f"Desk {name} now") == f"Desk {fonts.NOT_DRAWN} now"
    assert "cannot be drawn here" in pypdfium2.PdfDocument(sheet(Row("Post", name)))[0].get_textpage().get_text_range()


@given(st.text(max_size=80))
def test_whatever_somebody_is_called_no_empty_box_is_drawn(text: str) -> None:
    shown = fonts.drawable(" ".join(text.split()))
    assert all(glyph.number for glyph in fonts.glyphs(isolated(shown)))


@pytest.mark.parametrize(
    "line", ["مكتب +249 912 345 678 في الليل", "(مكتب) +249-912", "مكتب 2026/11/27", "+249 912 (في الليل)"]
)
def test_a_number_among_right_to_left_words_is_read_from_left_to_right(line: str) -> None:
    number = re.search(r"[+\d][\d /-]*\d", line)
    assert number
    assert number[0] in "".join(one.text for one in runs(isolated(line)) if not one.turned)


@given(st.text(alphabet="ab 12+-()مكتבא,.", max_size=40))
def test_the_order_of_a_line_loses_no_letter(line: str) -> None:
    line = " ".join(line.split())
    assert sorted("".join(one.text for one in runs(isolated(line)))) == sorted(line)


LETTERS = st.text(alphabet=st.characters(categories=("L", "N", "P", "Zs")), max_size=200)


@given(st.lists(LETTERS, max_size=12), st.integers(1, 900))
def test_every_page_ends_with_whose_it_is_and_nothing_is_cut_off(texts: list[str], length: int) -> None:
    paper, foot = layout.WALLET, "Export 7 of x " + "y" * length
    rows = tuple(Row("Note", text) for text in texts)
    for page in pypdfium2.PdfDocument(sheet(*rows, paper=paper, foot=foot)):
        text = page.get_textpage().get_text_range()
        assert "Export 7 of x" in text
        assert text.count("y") >= length
    above = paper.margin + len(layout.foot_lines(foot, paper)) * layout.foot_size(paper) * 1.25
    for line in layout.laid([Block("Office", rows)], paper, foot):
        assert line.across + fonts.width(line.text) * line.size / 1000 <= paper.wide - paper.margin + 0.1
        assert line.up >= above


def test_it_is_read_aloud_in_the_order_of_the_sheet() -> None:
    data = sheet(Row("Post", NAMES["Arabic"]), Row("", "Call back."))
    assert b"/MarkInfo<</Marked true>>" in data
    assert b"/Lang(en)" in data
    assert re.findall(rb"/S/(\w+)/P", data) == [b"Document", b"H1", b"P", b"P"]
    content = zlib.decompress(re.search(rb"/FlateDecode>>stream\n(.*?)\nendstream", data, re.DOTALL)[1])  # type: ignore[index]
    assert b"/ActualText <FEFF" in content
    assert NAMES["Arabic"].encode("utf-16-be").hex().upper().encode() in content
    assert b"/Artifact" in content


def test_the_text_can_be_searched_and_copied() -> None:
    text = pypdfium2.PdfDocument(sheet(Row("Russian", NAMES["Russian"]), Row("中文", NAMES["Simplified"])))[0]
    found = text.get_textpage().get_text_range()
    assert NAMES["Russian"] in found
    assert NAMES["Simplified"] in found
