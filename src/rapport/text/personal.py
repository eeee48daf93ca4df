"""Does a text hold a way to reach a person: a phone number, an e-mail address, a handle?

Linear time on hostile text (RE2), digits of every script. It errs towards yes: what it guards goes to the public.
"""

from __future__ import annotations

import re2

#: Taken out first: they look like numbers to call and are none. Coordinates, dates, times.
_NOT_A_NUMBER = re2.compile(
    r"[-+]?\p{Nd}{1,3}\.\p{Nd}{3,}°?\s*[NSns]?\s*[,;/ ]\s*[-+]?\p{Nd}{1,3}\.\p{Nd}{3,}"
    r"|\b\p{Nd}{4}-\p{Nd}{2}-\p{Nd}{2}\b"
    r"|\b\p{Nd}{1,2}[/.]\p{Nd}{1,2}[/.]\p{Nd}{2,4}\b"
)
#: Seven to fifteen digits are a number of the plan E.164; two other characters at most between neighbours.
_PHONE = re2.compile(r"\p{Nd}(?:[ .()/+\-\x{2010}-\x{2015}\x{a0}]{0,2}\p{Nd}){6,}")
_EMAIL = re2.compile(r"(?i)[^\s@<>()\[\]]+\s?(?:@|\(at\)|\[at\])\s?[^\s@<>()\[\]]+\.\p{L}{2,}")
_HANDLE = re2.compile(r"(?:^|[^\p{L}\p{Nd}_@.])@[\p{L}\p{Nd}_]{2,}")
_INVISIBLE = dict.fromkeys([0x200B, 0x2060, 0xFEFF, 0x200E, 0x200F, 0x00AD])


def has_contact_data(text: str) -> bool:
    """Whether a phone number, an e-mail address or an @handle is in the text."""
    seen = text.translate(_INVISIBLE).encode(errors="replace").decode()
    if ("@" in seen or "at" in seen.lower()) and (_EMAIL.search(seen) or _HANDLE.search(seen)):
        return True
    return _PHONE.search(_NOT_A_NUMBER.sub(" , ", seen)) is not None
