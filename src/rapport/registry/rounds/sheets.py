"""A sheet and its form: what it asks, what it says of each provision, what it is as a file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import cast

from rapport.registry import forms
from rapport.registry.forms.model import Answers, Form, SaidBy, Section, View
from rapport.registry.models import Round, Sheet
from rapport.registry.said import PARTS
from rapport.values import Json


def form_of(one: Round) -> Form:
    return _form(one.form)


@lru_cache(maxsize=64)
def _form(text: str) -> Form:
    return Form.from_json(text)


def section_of(form: Form, code: str) -> Section:
    """The section of this code, else the first."""
    return next((one for one in form.sections if one.code == code), form.sections[0])


def seen(section: Section, answers: Mapping[str, Json]) -> str:
    """What a section said when somebody looked at it: by this whoever saves says what they changed."""
    said = {one.code: answers[one.code] for one in section.questions if one.code in answers}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def parts_of(form: Form, answers: Answers) -> dict[str, dict[str, Json]]:
    """By provision what was answered about it, by the last part of the question's code; nothing where nothing was."""
    found: dict[str, dict[str, Json]] = {}
    for question in form.questions:
        part = question.code.removeprefix(f"{question.about}.")
        if question.about and part in PARTS and question.code in answers:
            found.setdefault(question.about, {})[part] = answers[question.code]
    return found


def as_value(sheet: Sheet) -> forms.model.Sheet:
    """As files know it."""
    form = form_of(sheet.round)
    return forms.model.Sheet(
        form_slug=form.slug,
        form_version=form.version,
        form_digest=form.digest,
        actor=sheet.actor.code,
        said_by=cast("SaidBy", sheet.said_by),
        respondent=sheet.respondent,
        view=cast("View", sheet.view),
        answers=sheet.answers,
        remark=sheet.remark,
    )
