"""Pure: what a file brought back becomes a Sheet of the form that was asked, or is refused in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast, get_args

from rapport.errors import Refused
from rapport.registry.forms.answers import LONG_MOST, Fault, checked, quoted, sound
from rapport.registry.forms.model import Form, SaidBy, Sheet, View
from rapport.values import Json

NAME_MOST = 200  # characters of an actor or a respondent [ours]
#: What is said of a sheet beside its answers, and how long it may be.
ABOUT: Mapping[str, int] = {
    "actor": NAME_MOST,
    "said_by": NAME_MOST,
    "respondent": NAME_MOST,
    "view": NAME_MOST,
    "remark": LONG_MOST,
}
SAID_BY: tuple[SaidBy, ...] = get_args(SaidBy)
VIEWS: tuple[View, ...] = get_args(View)
_FAULTS_TOLD = 20


def same_form(form: Form, slug: Json, version: Json, digest: Json) -> None:
    """Refused for the file of another form or version: answers to other words are other answers."""
    if (slug, version) != (form.slug, form.version):
        named = [one for one in (slug, version) if isinstance(one, str) and one]
        theirs = quoted(" ".join(named)) if named else "a form without a name"
        remedy = (
            f"This file answers {theirs}; here {form.slug} {form.version} is asked. Choose the file that answers it."
        )
        raise Refused("other_form", remedy)
    if digest != form.digest:
        remedy = (
            f"This file answers other words of {form.slug} {form.version} than are asked here. Get the form again from"
            " here, and fill that in."
        )
        raise Refused("other_form", remedy)


def sheet_of(form: Form, about: Mapping[str, Json], answers: Mapping[str, Json], faults: Sequence[Fault] = ()) -> Sheet:
    """Refused with what is wrong, all of it together, up to twenty; `faults` are those that the file itself has."""
    kept, wrong = checked(form, answers)
    found = [*faults, *_about_faults(about), *wrong]
    if found:
        says = "; ".join(fault.says for fault in found[:_FAULTS_TOLD])
        more = f"; and {len(found) - _FAULTS_TOLD} more" if len(found) > _FAULTS_TOLD else ""
        raise Refused("bad_answers", f"{says}{more}")
    said = {name: cast("str", about[name]) for name in ABOUT}
    return Sheet(
        form.slug,
        form.version,
        form.digest,
        said["actor"],
        cast("SaidBy", said["said_by"]),
        said["respondent"],
        cast("View", said["view"]),
        kept,
        said["remark"],
    )


def _about_faults(about: Mapping[str, Json]) -> list[Fault]:
    found = []
    for name, most in ABOUT.items():
        try:
            _about(name, about.get(name), most)
        except ValueError as error:
            found.append(Fault(name, f"{name}: {error}"))
    return found


def _about(name: str, value: Json, most: int) -> None:
    if not isinstance(value, str):
        raise ValueError("write a text")
    sound(value, most)
    if name == "said_by" and value not in SAID_BY:
        raise ValueError(f"say who says so: {' or '.join(SAID_BY)}")
    if name == "view" and value not in VIEWS:
        raise ValueError(f"“{quoted(value)}” is not one of {', '.join(VIEWS[1:])}; choose one, or leave it blank")
