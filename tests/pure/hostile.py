"""Files that fight back, made when they are needed. Each is written by a function and has the verdict it must get:
the reason for which the whole file is refused, or how many rows come in and for which reasons the others do not."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import xlsxwriter

HEADER = "id,date,lat,lon,category,text"
GOOD = "{n},2010-01-14 10:00,18.54,-72.34,Water,Nou bezwen dlo nan kan {n}"


@dataclass(frozen=True)
class Expected:
    """`whole`: the reason why nothing of the file is read; else the rows that are in and the others by reason."""

    whole: str = ""
    good: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)


Write = Callable[[Path], None]
FILES: dict[str, tuple[Write, Expected]] = {}


def hostile(name: str, *, whole: str = "", good: int = 0, **refused: int) -> Callable[[Write], Write]:
    def add(write: Write) -> Write:
        FILES[name] = (write, Expected(whole, good, refused))
        return write

    return add


def good(*numbers: int) -> list[str]:
    return [GOOD.format(n=n) for n in numbers]


def write(path: Path, *lines: str, encoding: str = "utf-8", end: str = "\r\n", header: str = HEADER) -> None:
    path.write_bytes("".join(line + end for line in (header, *lines)).encode(encoding))


# --- encodings -----------------------------------------------------------------------------------------------------

FRENCH = '9,2010-01-15,18.5,-72.3,Water,"L\'hôpital de Léogâne est détruit, où sont les secours ? Ça brûle"'


@hostile("cp1252.csv", good=3)
def _cp1252(path: Path) -> None:
    write(path, *good(1, 2), FRENCH, encoding="cp1252")


@hostile("macintosh.csv", good=3)
def _macintosh(path: Path) -> None:
    write(path, *good(1, 2), FRENCH, encoding="mac-roman", end="\r")


@hostile("utf-16.csv", good=3)
def _utf_16(path: Path) -> None:
    write(path, *good(1, 2), FRENCH, encoding="utf-16")


@hostile("utf-16 without its mark.csv", good=3)
def _utf_16_bare(path: Path) -> None:
    write(path, *good(1, 2), FRENCH, encoding="utf-16-be")


@hostile("arabic.csv", good=2)
def _arabic(path: Path) -> None:
    words = "الناس بحاجة إلى الماء والغذاء في المدينة بعد الزلزال، المستشفى مدمر والطريق مغلق"
    write(path, f"1,,,,,{words}", f"2,,,,,{words} {words}", encoding="cp1256")


@hostile("two encodings.csv", good=41, undecodable=1)
def _two_encodings(path: Path) -> None:
    write(path, *[f"{n},,,,,Léogâne détruite à côté {n}" for n in range(41)])
    path.write_bytes(path.read_bytes() + "99,,,,,Léogâne\r\n".encode("cp1252"))


@hostile("nul.csv", good=2, nul=1)
def _nul(path: Path) -> None:
    write(path, *good(1), "2,,,,,dlo\0manje", *good(3))


@hostile("noise.csv", whole="not_text")
def _noise(path: Path) -> None:
    path.write_bytes(b"\x01" + random.Random(1).randbytes(50_000).replace(b"\xff", b"\0"))


# --- rows ----------------------------------------------------------------------------------------------------------


@hostile("ragged.csv", good=3, ragged=2)
def _ragged(path: Path) -> None:
    write(
        path, *good(1), "2,2010-01-14", *good(3), *[f"{one},more" for one in good(4)], *[f"{one},," for one in good(5)]
    )


@hostile("open quote.csv", good=99, broken_row=1)
def _open_quote(path: Path) -> None:
    lines = good(*range(100))
    lines[50] = '50,2010-01-14 10:00,18.54,-72.34,Water,"Nou bezwen dlo'
    lines[70] = '70,2010-01-14 10:00,18.54,-72.34,Water,"Dlo"'
    write(path, *lines)


@hostile("cut short.csv", good=5, unclosed=1)
def _cut_short(path: Path) -> None:
    write(path, *good(*range(5)))
    path.write_bytes(path.read_bytes() + b'9,,,,,"Nou bezwen dlo\r\nak manje\r\nnan')


@hostile("line ends mixed.csv", good=4)
def _line_ends(path: Path) -> None:
    one, two, three = good(1, 2, 3)
    path.write_bytes(f'{HEADER}\r\n{one}\r{two}\n{three}\r\n4,,,,,"dlo\nak\r\nmanje"\n\n\n'.encode())


@hostile("endless line.csv", good=2, endless_row=1)
def _endless_line(path: Path) -> None:
    write(path, *good(1), "2,,,,," + "dlo " * 10_000_000, *good(3))


@hostile("endless line without end.csv", whole="no_table")
def _nothing_but_a_line(path: Path) -> None:
    path.write_bytes(b"dlo " * 15_000_000)


@hostile("long cell.csv", good=2, long_cell=1, too_long=1)
def _long_cell(path: Path) -> None:
    write(path, *good(1), f"2,,,,,{'x' * 1_500_000}", f"3,,,,,{'y' * 200_000}", *good(4))


@hostile("header again.csv", good=4, header_again=1, total_row=1)
def _header_again(path: Path) -> None:
    write(path, *good(1, 2), HEADER, *good(3, 4), "Total,4,,,,")


@hostile("quotes only.csv", whole="no_table")
def _quotes(path: Path) -> None:
    path.write_bytes(b'"' * 1_000_001)


@hostile("formulas.csv", good=3)
def _formulas(path: Path) -> None:
    write(
        path,
        "1,,,,,\"=cmd|' /C calc'!A0\"",
        '2,,,,,"=HYPERLINK(""http://example.org"",""dlo"")"',
        "3,,,,,@SUM(1+1)*dlo",
    )


# --- whole files ---------------------------------------------------------------------------------------------------


@hostile("empty.csv", whole="empty_file")
def _empty(path: Path) -> None:
    path.write_bytes(b"")


@hostile("blank.csv", whole="empty_file")
def _blank(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf\r\n \r\n".removeprefix(b"\xef\xbb\xbf"))


@hostile("only a header.csv", good=0)
def _only_header(path: Path) -> None:
    write(path)


@hostile("10,000 columns.csv", whole="too_many_columns")
def _columns(path: Path) -> None:
    write(path, ",".join("x" for _ in range(10_000)), header=",".join(f"c{n}" for n in range(10_000)))


@hostile("a page.xls", whole="html")
def _page(path: Path) -> None:
    path.write_text("<html><table><tr><td>id</td><td>text</td></tr></table></html>")


@hostile("a list.json", whole="json_list")
def _list(path: Path) -> None:
    path.write_text('[\n {"id": "1", "text": "dlo"}\n]')


@hostile("archive.zip", whole="archive")
def _archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("reports.csv", HEADER)


@hostile("archive.csv.gz", whole="not_a_table")
def _gzip(path: Path) -> None:
    path.write_bytes(b"\x1f\x8b\x08\x00" + b"x" * 100)


# --- dates and coordinates -----------------------------------------------------------------------------------------


@hostile("dates in five orders.csv", good=5, date_both_ways=3, no_date=2, future_date=1, early_date=1)
def _five_orders(path: Path) -> None:
    said = (
        "25/01/2010 17:26", "01/25/2010", "2010-01-25T10:00:00Z", "25 janvier 2010", "Jan 25, 2010 5:26 PM", "13/01/10",
        "03/04/2010", "04/03/2010", "31/02/2010", "45/45/2010", "2031-01-01", "1850-01-01",
    )  # fmt: skip
    write(path, *[f'{n},"{one}",,,,dlo {n}' for n, one in enumerate(said)])


@hostile("swapped columns.csv", good=5)
def _swapped_columns(path: Path) -> None:
    write(path, *[f"{n},,-72.3{n},18.5{n},,dlo {n}" for n in range(5)])


@hostile("swapped row.csv", good=4, swapped_place=1)
def _swapped_row(path: Path) -> None:
    write(path, *good(1, 2, 3, 4), "5,,-72.34,18.54,,dlo")


@hostile("odd coordinates.csv", good=4, no_place=3, half_place=1)
def _odd_coordinates(path: Path) -> None:
    said = (
        ("18°32'24\"N", "72°20'24\"W"), ("0", "0"), ("50.2", "5.7"), ("18.5", "-72.3"), ("inf", "-72"),
        ("north", "-72"), ("95", "-72"), ("18.5", ""),
    )  # fmt: skip
    cells = ((lat.replace('"', '""'), lon.replace('"', '""')) for lat, lon in said)
    write(path, *[f'{n},,"{lat}","{lon}",,dlo {n}' for n, (lat, lon) in enumerate(cells)])


@hostile("decimal commas.csv", good=3)
def _decimal_commas(path: Path) -> None:
    lines = [f"{n};14.01.2010 10:00;18,54{n};-72,34{n};Eau;Nou bezwen dlo, ak manje" for n in range(3)]
    write(path, *lines, header=HEADER.replace(",", ";"))


# --- workbooks -----------------------------------------------------------------------------------------------------


@hostile("merged, two headers, errors.xlsx", good=3, error_cell=1, no_date=1)
def _workbook(path: Path) -> None:
    book = xlsxwriter.Workbook(str(path))
    sheet, moment = book.add_worksheet("Reports"), book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
    sheet.merge_range(0, 0, 0, 4, "Situation in January")
    sheet.merge_range(2, 0, 2, 1, "Report")
    sheet.merge_range(2, 2, 2, 3, "Place")
    sheet.write(2, 4, "What")
    sheet.write_row(3, 0, ["Number", "Date", "Latitude", "Longitude", "Description"])
    for row in range(4, 9):
        sheet.write_row(row, 0, [row, "", 18.5, -72.3, f"Nou bezwen dlo {row}"])
        sheet.write_datetime(row, 1, datetime(2010, 1, 14, 10, row), moment)
    sheet.write_formula(5, 2, "=1/0", None, "#DIV/0!")
    sheet.write(6, 1, "yesterday")
    sheet.merge_range(7, 4, 8, 4, "Two camps without water")
    book.close()


@hostile("1904.xlsx", good=1)
def _mac_workbook(path: Path) -> None:
    book = xlsxwriter.Workbook(str(path), {"date_1904": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["id", "date", "text"])
    sheet.write_row(1, 0, [1, "", "dlo"])
    sheet.write_datetime(1, 1, datetime(2010, 1, 14, 10), book.add_format({"num_format": "yyyy-mm-dd hh:mm"}))
    book.close()


def packed(path: Path, parts: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


@hostile("bomb.xlsx", whole="bomb")
def _bomb(path: Path) -> None:
    packed(path, {"xl/workbook.xml": b"<workbook/>", "xl/worksheets/sheet1.xml": b" " * 60_000_000})


@hostile("lying bomb.xlsx", whole="broken_workbook|large_workbook|bomb")
def _lying_bomb(path: Path) -> None:
    """Its list of parts says that the sheet is small."""
    _mac_workbook(path)
    parts = {}
    with zipfile.ZipFile(path) as archive:
        parts = {part.filename: archive.read(part) for part in archive.infolist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    rows = b'<row r="9"><c r="A9"><v>1</v></c></row>' * 700_000
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(b"</sheetData>", rows + b"</sheetData>")
    packed(path, parts)
    data = bytearray(path.read_bytes())
    size = len(parts["xl/worksheets/sheet1.xml"]).to_bytes(4, "little")
    while (at := data.find(size)) >= 0:
        data[at : at + 4] = (4_000).to_bytes(4, "little")
    path.write_bytes(bytes(data))


@hostile("far cell.xlsx", whole="large_workbook")
def _far_cell(path: Path) -> None:
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write(0, 0, "text")
    sheet.write(1_048_575, 16_383, "far away")
    book.close()


@hostile("damaged.xlsx", whole="broken_workbook")
def _damaged(path: Path) -> None:
    _mac_workbook(path)
    path.write_bytes(path.read_bytes()[:2_000])


@hostile("old and damaged.xls", whole="broken_workbook")
def _old(path: Path) -> None:
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 5_000)


@hostile("entities.xlsx", whole="broken_workbook|large_workbook|empty_file")
def _entities(path: Path) -> None:
    """The billion laughs."""
    entities = '<!ENTITY a "' + "x" * 1_000 + '">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
    )  # fmt: skip
    _mac_workbook(path)
    with zipfile.ZipFile(path) as archive:
        parts = {part.filename: archive.read(part) for part in archive.infolist()}
    parts["xl/workbook.xml"] = f"<!DOCTYPE w [{entities}]><workbook>&j;</workbook>".encode()
    packed(path, parts)


def _sheet_changed(path: Path, before: bytes, after: bytes) -> None:
    _mac_workbook(path)
    with zipfile.ZipFile(path) as archive:
        parts = {part.filename: archive.read(part) for part in archive.infolist()}
    name = "xl/worksheets/sheet1.xml"
    assert before in parts[name]
    parts[name] = parts[name].replace(before, after, 1)
    packed(path, parts)


@hostile("a cell beyond any sheet.xlsx", whole="too_many_columns|large_workbook")
def _beyond(path: Path) -> None:
    """In the ten-millionth column; a sheet has 16,384."""
    _sheet_changed(path, b"</row>", b'<c r="VHLKS1"><v>1</v></c></row>')


@hostile("dimension that lies.xlsx", good=1)
def _lies(path: Path) -> None:
    """It says that the sheet has more than three hundred million columns."""
    _sheet_changed(path, b'<dimension ref="A1:', b'<dimension ref="A1:ZZZZZZ9999999" x="')


@hostile("unknown encoding.xlsx", whole="broken_workbook")
def _unknown_encoding(path: Path) -> None:
    """calamine reads it all the same; where its cells hold errors cannot be told."""
    _mac_workbook(path)
    with zipfile.ZipFile(path) as archive:
        parts = {part.filename: archive.read(part) for part in archive.infolist()}
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b"UTF-8", b"UTF-9")
    packed(path, parts)


@hostile("entities in the strings.xlsx", whole="broken_workbook")
def _entities_in_strings(path: Path) -> None:
    """One long entity, fifty thousand times; and a file of this machine."""
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet().write_row(0, 0, ["id", "text"])
    book.close()
    with zipfile.ZipFile(path) as archive:
        parts = {part.filename: archive.read(part) for part in archive.infolist()}
    declared = b'<!DOCTYPE sst [<!ENTITY a "' + b"x" * 50_000 + b'"><!ENTITY f SYSTEM "file:///etc/passwd">]><sst'
    strings = parts["xl/sharedStrings.xml"].replace(b"<sst", declared, 1)
    parts["xl/sharedStrings.xml"] = strings.replace(b"<t>id", b"<t>&f;" + b"&a;" * 50_000, 1)
    packed(path, parts)


# --- NDJSON --------------------------------------------------------------------------------------------------------


@hostile("odd lines.ndjson", good=3, unreadable=3, too_deep=1, too_large=1, empty=1, nul=1)
def _odd_lines(path: Path) -> None:
    lines = [
        json.dumps({"id": "1", "text": "dlo", "place": {"lon": -72.3, "lat": 18.5, "name": "Kafou"}}),
        "[1, 2]", '{"id": "3", "text":', "not JSON", '{"id": "4", "text": "t", "x": ' + "[" * 40 + "]" * 40 + "}",
        json.dumps({"id": "5", "text": "x" * 300_000}), json.dumps({"id": "6", "text": " "}), "",
        json.dumps({"id": "7", "text": "dlo", "late": {"name": 1}}), json.dumps({"id": "8", "text": "d\0lo"}),
        json.dumps({"id": "9", "text": "manje", "fields": {"a": True}}),
    ]  # fmt: skip
    path.write_text("\n".join(lines))


@hostile("deep.ndjson", good=2, too_deep=4)
def _deep_lines(path: Path) -> None:
    lines = ['{"id": "1", "text": "dlo"}']
    for levels in (1_000, 20_000):
        lines.append('{"id": "2", "text": "dlo", "x": ' + "[" * levels + "]" * levels + "}")
        lines.append('{"id": "3", "text": "dlo", "x": ' + '{"a":' * levels + "1" + "}" * levels + "}")
    path.write_text("\n".join([*lines, '{"id": "4", "text": "kay"}']))


@hostile("long names.ndjson", good=1, long_name=2)
def _long_names(path: Path) -> None:
    """A quarter of a megabyte that would be more than a gigabyte, if each value had the names around it before it."""
    inner = {f"k{n}": 0 for n in range(8_000)}
    lines = [
        {"id": "1", "text": "dlo"},
        {"id": "2", "text": "dlo", "n" * 150_000: inner},
        {"id": "3", "y" * 1_001: "dlo"},
    ]
    path.write_text("\n".join(map(json.dumps, lines)))


@hostile("bits.csv", good=2)
def _byte_order_mark(path: Path) -> None:
    buffer = io.BytesIO()
    buffer.write(b"\xef\xbb\xbfsep=;\r\n")
    buffer.write(b'"id";"text"\r\n1;"dlo; manje"\r\n2;"kay"\r\n')
    path.write_bytes(buffer.getvalue())


@hostile("made up.rows", whole="not_a_table")
def _made_up(path: Path) -> None:
    """It looks like the file that a workbook is turned into here."""
    path.write_bytes(
        b'{"rapport": "rows of a workbook", "sheets": ["a"], "sheet": "a", "merged": 0, "errors": 0}\n["x"]\n'
    )
