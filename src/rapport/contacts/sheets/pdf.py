"""Pure: blocks of rows as PDF (ISO 32000-1), the fonts in it, tagged so that it can be read aloud in its order.

Each title is a heading, each row a paragraph, the foot of a page an artifact; the language is said once for all (names
in other languages are not marked as such). Of PDF/UA (ISO 14289-1) its metadata in XMP is missing, so it does not say
that it follows it. Lines with letters from right to left carry their text as `ActualText`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby

from rapport.contacts.rows import Block
from rapport.contacts.sheets import fonts
from rapport.contacts.sheets.direction import runs
from rapport.contacts.sheets.fonts import Glyph
from rapport.contacts.sheets.layout import Line, Paper, foot_lines, foot_size, laid


def made(blocks: Iterable[Block], paper: Paper, *, title: str, foot: str, at: datetime) -> bytes:
    """The file. `foot` stands at the foot of every page, with the page's number; `at` is when it was made."""
    return _Writer(laid(blocks, paper, foot), paper).written(title, foot, at)


class _Writer:
    def __init__(self, lines: Sequence[Line], paper: Paper) -> None:
        self.lines, self.paper = lines, paper
        self.objects: list[bytes] = []
        self.used: dict[int, dict[int, str]] = {}  # font → glyph → what it says

    def add(self, body: bytes | str) -> int:
        """Its number."""
        self.objects.append(body.encode("ascii") if isinstance(body, str) else body)
        return len(self.objects)

    def stream(self, data: bytes, more: str = "") -> int:
        packed = zlib.compress(data, 9)
        head = f"<</Length {len(packed)}/Filter/FlateDecode{more}>>stream\n".encode()
        return self.add(head + packed + b"\nendstream")

    def written(self, title: str, foot: str, at: datetime) -> bytes:
        catalog, tree, root, resources = (self.add("") for _ in range(4))
        count = max((line.page for line in self.lines), default=0) + 1
        by_page = [[line for line in self.lines if line.page == page] for page in range(count)]
        pages = []
        for page, lines in enumerate(by_page):
            content = self.stream("\n".join(self.content(lines, foot, page, count)).encode("ascii"))
            size = f"{self.paper.wide:.1f} {self.paper.high:.1f}"
            pages.append(
                self.add(
                    f"<</Type/Page/Parent {tree} 0 R/MediaBox[0 0 {size}]/Resources {resources} 0 R"
                    f"/Contents {content} 0 R/StructParents {page}/Tabs/S>>"
                )
            )
        self.put(tree, f"<</Type/Pages/Count {count}/Kids[{_refs(pages)}]>>")
        self.structure(root, by_page, pages)
        named = " ".join(f"/F{number} {self.font(number, said)} 0 R" for number, said in sorted(self.used.items()))
        self.put(resources, f"<</Font<<{named}>>>>")
        info = self.add(
            f"<</Title {_text(title)}/Producer(rapport)/CreationDate(D:{at.astimezone(UTC):%Y%m%d%H%M%SZ})>>"
        )
        self.put(
            catalog,
            f"<</Type/Catalog/Pages {tree} 0 R/Lang(en)/MarkInfo<</Marked true>>/StructTreeRoot {root} 0 R"
            "/ViewerPreferences<</DisplayDocTitle true>>>>",
        )
        return self.file(catalog, info)

    def put(self, number: int, body: str) -> None:
        self.objects[number - 1] = body.encode("ascii")

    # --- what stands on a page ---

    def content(self, lines: Sequence[Line], foot: str, page: int, count: int) -> Iterator[str]:
        for number, line in enumerate(lines):
            yield f"/{line.tag}<</MCID {number}>>BDC"
            yield from self.drawn(line.text, line.across, line.up, line.size)
            yield "EMC"
        size, said = foot_size(self.paper), foot_lines(foot, self.paper, page, count)
        yield "/Artifact<</Type/Pagination/Subtype/Footer>>BDC"
        for number, text in enumerate(reversed(said)):
            yield from self.drawn(text, self.paper.margin, self.paper.margin + number * size * 1.25, size)
        yield "EMC"

    def drawn(self, text: str, across: float, up: float, size: float) -> Iterator[str]:
        turned = any(run.turned for run in runs(text))
        if turned:
            yield f"/Span<</ActualText {_text(text)}>>BDC"
        yield f"BT 1 0 0 1 {across:.2f} {up:.2f} Tm"
        for font, of_font in groupby(fonts.glyphs(text), lambda glyph: glyph.font):
            yield f"/F{font} {size:.2f} Tf"
            for raised, together in groupby(of_font, lambda glyph: glyph.up):
                yield f"{raised * size / 1000:.2f} Ts[{''.join(map(self.set, together))}]TJ"
        yield "ET"
        if turned:
            yield "EMC"

    def set(self, glyph: Glyph) -> str:
        """One glyph, moved to its place; the numbers of TJ are thousandths that the next one stands further left."""
        said = self.used.setdefault(glyph.font, {})
        said[glyph.number] = said.get(glyph.number) or glyph.says
        rest = fonts.fonts()[glyph.font].advance(glyph.number) + glyph.right - glyph.advance
        before = f"{-glyph.right:.0f}" if round(glyph.right) else ""
        return f"{before}<{glyph.number:04X}>" + (f"{rest:.0f}" if round(rest) else "")

    # --- what it is read by ---

    def structure(self, root: int, by_page: Sequence[Sequence[Line]], pages: Sequence[int]) -> None:
        """A Document of headings and paragraphs, and which of them each line of a page belongs to."""
        document = self.add("")
        elements: dict[int, int] = {}
        for part, of_part in groupby(self.lines, lambda line: line.part):
            lines = list(of_part)
            marks = "".join(
                f"<</Type/MCR/Pg {pages[line.page]} 0 R/MCID {by_page[line.page].index(line)}>>" for line in lines
            )
            elements[part] = self.add(f"<</Type/StructElem/S/{lines[0].tag}/P {document} 0 R/K[{marks}]>>")
        parents = "".join(
            f"{page} [{_refs([elements[line.part] for line in lines])}]" for page, lines in enumerate(by_page)
        )
        tree = self.add(f"<</Nums[{parents}]>>")
        self.put(document, f"<</Type/StructElem/S/Document/P {root} 0 R/K[{_refs(list(elements.values()))}]>>")
        self.put(
            root,
            f"<</Type/StructTreeRoot/K {document} 0 R/ParentTree {tree} 0 R/ParentTreeNextKey {len(by_page)}>>",
        )

    def font(self, number: int, said: Mapping[int, str]) -> int:
        font = fonts.fonts()[number]
        data, name = fonts.part(font, set(said)), f"RPRTAA+{fonts.FONTS[number].removesuffix('.ttf')}"
        file = self.stream(data, f"/Length1 {len(data)}")
        extents = font.font.get_font_extents("ltr")
        describing = self.add(
            f"<</Type/FontDescriptor/FontName/{name}/Flags 4/FontBBox[-1000 -300 2000 1000]/ItalicAngle 0/StemV 80"
            f"/Ascent {extents.ascender * font.scale:.0f}/Descent {extents.descender * font.scale:.0f}/CapHeight 730"
            f"/FontFile2 {file} 0 R>>"
        )
        widths = "".join(f"{glyph}[{font.advance(glyph):.1f}]" for glyph in sorted(said))
        drawn = self.add(
            f"<</Type/Font/Subtype/CIDFontType2/BaseFont/{name}/FontDescriptor {describing} 0 R/CIDToGIDMap/Identity"
            f"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/W[{widths}]>>"
        )
        spoken = self.stream(_to_unicode(said))
        return self.add(
            f"<</Type/Font/Subtype/Type0/BaseFont/{name}/Encoding/Identity-H/DescendantFonts[{drawn} 0 R]"
            f"/ToUnicode {spoken} 0 R>>"
        )

    def file(self, catalog: int, info: int) -> bytes:
        out, places = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
        for number, body in enumerate(self.objects, 1):
            places.append(len(out))
            out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
        start = len(out)
        out += f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n".encode()
        out += "".join(f"{place:010} 00000 n \n" for place in places).encode()
        trailer = f"<</Size {len(places) + 1}/Root {catalog} 0 R/Info {info} 0 R>>"
        return bytes(out) + f"trailer\n{trailer}\nstartxref\n{start}\n%%EOF\n".encode()


def _refs(numbers: Sequence[int]) -> str:
    return " ".join(f"{number} 0 R" for number in numbers)


def _text(text: str) -> str:
    return f"<FEFF{text.encode('utf-16-be').hex().upper()}>"


def _to_unicode(said: Mapping[int, str]) -> bytes:
    """By which text each glyph is searched for and copied (ISO 32000-1, 9.10.3)."""
    rows = [f"<{glyph:04X}><{text.encode('utf-16-be').hex().upper()}>" for glyph, text in sorted(said.items()) if text]
    parts = (rows[start : start + 100] for start in range(0, len(rows), 100))
    middle = "\n".join(f"{len(part)} beginbfchar\n{chr(10).join(part)}\nendbfchar" for part in parts)
    return (
        "/CIDInit/ProcSet findresource begin 12 dict begin begincmap/CIDSystemInfo"
        "<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def/CMapName/Adobe-Identity-UCS def/CMapType 2 def\n"
        f"1 begincodespacerange<0000><FFFF>endcodespacerange\n{middle}\n"
        "endcmap CMapName currentdict/CMap defineresource pop end end"
    ).encode("ascii")
