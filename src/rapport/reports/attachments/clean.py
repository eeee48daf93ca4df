"""The cleaner: a process of its own that gets one file on stdin and gives its copy on stdout, then ends.

It decodes what strangers made, so it can do as little as possible beside: no environment, no files, no other processes,
so much memory and time. Start it by sandbox.py.
"""

from __future__ import annotations

import resource
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rapport.reports.attachments.copies import Copy, Unclean

MEMORY = 1536 * 1024 * 1024  # bytes of address space [ours: 50 megapixels as RGBA, twice, and the libraries]
SECONDS = 40  # of processor time [ours: thirty pages full of drawings take 20]


def limit() -> None:
    """Before a library is loaded that reads the file: what this process may use."""
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 32),
    ):
        resource.setrlimit(what, (most, most))


def main() -> None:
    """`python -c … SOURCE TYPE`: the file on stdin, whole; the copy, or why there is none, on stdout."""
    limit()
    from rapport.reports.attachments.copies import packed

    sys.stdout.buffer.write(packed(cleaned(sys.stdin.buffer.read(), sys.argv[2])))


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
