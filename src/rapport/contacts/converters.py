"""Numbers of rows in addresses and forms of contacts, as texts that tell nothing of them. Views get the number itself:
`<draft:number>` in an address is that of a draft, and 404 for any other text."""

from __future__ import annotations

from django.urls import register_converter

from rapport.contacts.opaque import FORM, Numbered, Opaque
from rapport.oversight import keys


class _Converter:
    """Of the number of a row; one for each kind."""

    regex = FORM
    of: Numbered

    def to_python(self, value: str) -> int:
        number = read(self.of, value)
        if number is None:
            raise ValueError(value)
        return number

    def to_url(self, value: int) -> str:
        return written(self.of, value)


def register() -> None:
    """Each kind under its own name."""
    for one in Numbered:
        register_converter(type("_Converter", (_Converter,), {"of": one}), one.value)


def written(of: Numbered, number: int) -> str:
    return _opaque().written(of, number)


def read(of: Numbered, text: str) -> int | None:
    return _opaque().read(of, text)


def _opaque() -> Opaque:
    return Opaque(keys.derived("contacts", "numbers in addresses of contacts"))
