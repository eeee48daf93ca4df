"""The characters that may leave in any format: the same text reads the same in JSON, CSV and XML."""

from __future__ import annotations

import re

# What XML 1.0 (section 2.2) forbids: control characters but tab, LF and CR; halves of surrogate pairs; U+FFFE, U+FFFF.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """The text without the characters that XML 1.0 forbids."""
    return _FORBIDDEN.sub("", text)
