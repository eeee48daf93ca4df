"""Which languages the pages speak: one .po file each, found in the locale folder."""

from __future__ import annotations

from pathlib import Path

from django.conf.locale import LANG_INFO

from rapport.operations.languages import own_name

#: What the texts in the code are written in; needs no file.
OWN = ("en", "English")


def discover(folder: Path) -> list[tuple[str, str]]:
    """Code and own name of every language with a file `<code>/LC_MESSAGES/django.po` in the folder, ours first.

    A language that Django does not know is made known to it. Its own name, and whether it is written from right to
    left, then stand in the header of its file as `X-Language-Name` and `X-Direction: rtl`.
    """
    found = sorted(folder.glob("*/LC_MESSAGES/django.po"))
    return [OWN, *(_introduce(po.parts[-3].replace("_", "-").lower(), po) for po in found)]


def _introduce(code: str, po: Path) -> tuple[str, str]:
    known = LANG_INFO.get(code)
    if known is None or "name_local" not in known:
        head = _header(po)
        name = head.get("X-Language-Name", code)
        known = {"bidi": head.get("X-Direction") == "rtl", "code": code, "name": name, "name_local": name}
        LANG_INFO[code] = known
    return code, own_name(code)


def _header(po: Path) -> dict[str, str]:
    """The header lines of a .po file, read without a library: settings need them before anything else is loaded."""
    head: dict[str, str] = {}
    for line in po.read_text("utf-8").split("\n\n", 1)[0].splitlines():
        name, colon, value = line.strip('"').partition(": ")
        if line.startswith('"') and colon:
            head[name] = value.removesuffix("\\n")
    return head
