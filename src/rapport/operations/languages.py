"""What languages are called. Settings read it before there is any app."""

from __future__ import annotations

from django.conf.locale import LANG_INFO


def own_name(code: str) -> str:
    """What a language calls itself; the code where nobody has said so."""
    name = str(LANG_INFO.get(code, {}).get("name_local", code))
    return name if name == code else name[:1].upper() + name[1:]
