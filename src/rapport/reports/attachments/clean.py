"""The cleaner: a process of its own that gets one file on stdin and gives its copy on stdout, then ends.

It decodes what strangers made, so it can do as little as possible beside: see confined.py. Start it by sandbox.py.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rapport.reports.attachments.copies import Copy, Unclean


def main(media_type: str) -> None:
    """The file on stdin, whole; the copy, or why there is none, on stdout."""
    from rapport.reports.attachments.copies import packed

    sys.stdout.buffer.write(packed(cleaned(sys.stdin.buffer.read(), media_type)))


def cleaned(data: bytes, media_type: str) -> Copy | Unclean:
    """The copy of a file of that media type, or why there is none."""
    from rapport.reports.attachments import clean_document, clean_photo, clean_sound, kinds
    from rapport.reports.attachments.copies import Unclean

    kind = kinds.of_type(media_type)
    try:
        if kind.group == "photo":
            return clean_photo.photo(data, kind)
        if kind.group == "sound":
            return clean_sound.sound(data)
        return clean_document.pdf(data) if kind is kinds.PDF else clean_document.text(data)
    except Unclean as why:
        return why
    except MemoryError:
        return Unclean("it needs more memory than it is given")
