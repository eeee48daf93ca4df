"""What a pure module says in English, in the reader's language. `PLAIN` in web/messages.py collects such texts."""

from __future__ import annotations

from django.utils.translation import gettext

from rapport.values import Sentence


def translated(text: str) -> str:
    """Translated where there is a translation; a Sentence with what stands in it. Never for what people wrote."""
    if isinstance(text, Sentence):
        parts = {name: translated(one) if isinstance(one, Sentence) else one for name, one in text.parts.items()}
        return gettext(text.text) % parts
    return gettext(text) if text else ""
