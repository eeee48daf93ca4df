"""A PDF is drawn page by page and bound again as pictures; a text is read and written anew."""

from __future__ import annotations

import io
import unicodedata

import pypdfium2
from PIL import Image

from rapport.reports.attachments.clean_photo import bare, small
from rapport.reports.attachments.copies import Copy, Unclean
from rapport.reports.attachments.kinds import PDF, TEXT, read_text

MAX_PAGES = 30  # of a copy [ours: about 150 MB of points held while it is bound]
LONGEST = 1_500  # points of the longer side of a page [ours: A4 at 128 to the inch, small print can be read]
MAX_TEXT = 1024 * 1024  # bytes of a copy
#: Signs that are not seen and carry meaning in a script: joiners, and marks of the reading direction. The others
#: (overrides of direction, tags, fillers) are left out.
_KEPT = frozenset("\n\t\u200c\u200d\u200e\u200f\u061c")


def pdf(data: bytes) -> Copy:
    """Pictures of the first MAX_PAGES pages: no links, scripts, forms, layers, attached files or hidden texts."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise Unclean("it cannot be opened: it is damaged, or needs a password") from error
    count = len(document)
    if not count:
        raise Unclean("there is no page in it")
    try:
        pages = [_drawn(document, number) for number in range(min(count, MAX_PAGES))]
    except (pypdfium2.PdfiumError, ValueError) as error:
        raise Unclean("a page of it cannot be drawn") from error
    out = io.BytesIO()
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:], quality=75, creationDate=None, modDate=None)
    note = f"the copy holds the first {MAX_PAGES} of {count} pages" if count > MAX_PAGES else ""
    return Copy(PDF.type, out.getvalue(), small=small(pages[0]), pages=len(pages), note=note)


def _drawn(document: pypdfium2.PdfDocument, number: int) -> Image.Image:
    page = document[number]
    width, height = page.get_size()
    longer = max(width, height)
    if not 1 <= longer < 1_000_000:
        raise Unclean(f"page {number + 1} of it has no sensible size")
    bitmap = page.render(scale=LONGEST / longer, may_draw_forms=False)
    drawn = bare(bitmap.to_pil().convert("RGB"))
    bitmap.close()
    page.close()
    return drawn


def text(data: bytes) -> Copy:
    """UTF-8 in the normal form NFC, without what cannot be seen."""
    read = read_text(data)
    if read is None:
        raise Unclean("it is not written in UTF-8 or UTF-16")
    lines = unicodedata.normalize("NFC", read.replace("\r\n", "\n").replace("\r", "\n"))
    seen = "".join(letter for letter in lines if letter in _KEPT or unicodedata.category(letter)[0] != "C")
    made = seen.encode()[:MAX_TEXT].decode("utf-8", "ignore").encode()
    if not made.strip():
        raise Unclean("there is nothing to read in it")
    note = "the copy holds the first MB" if len(seen.encode()) > MAX_TEXT else ""
    return Copy(TEXT.type, made, note=note)
