"""Somebody comments on a text, or on a passage of it. No account is needed; it waits until a person shows it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from rapport.errors import Refused
from rapport.events.models import new_ref
from rapport.registry.anchors import Anchor, anchored, anchored_quote
from rapport.registry.calls.actions import takes_comments
from rapport.registry.model import short
from rapport.registry.models import CallText, Comment
from rapport.values import Publication

#: Characters [ours].
LONGEST, LONGEST_PASSAGE = 5_000, 1_000
NAME_LENGTH, AFFILIATION_LENGTH, INTEREST_LENGTH = 200, 200, 300


@dataclass(frozen=True, slots=True)
class Said:
    """What was typed. `passage`: words of the text, "" for all of it; `start`: where they stand, if that is known."""

    body: str
    name: str
    affiliation: str
    interest: str = ""
    passage: str = ""
    start: int | None = None


def comment(text: CallText, said: Said, key: str = "") -> Comment:
    """Held until a person shows it. The same under the same `key` is one comment: a form may come twice over a bad
    line. Refused where the call takes no comments, or the passage does not stand in the text."""
    if text.call.publication != Publication.PUBLISHED.value or not takes_comments(text.call):
        raise Refused("closed", "This call takes no comments any more.")
    anchor = _anchor(text.body, said.passage, said.start) if said.passage.strip() else None
    known = {
        "call": text.call,
        "text": text,
        "anchor": asdict(anchor) if anchor else None,
        "body": said.body,
        "name": said.name,
        "affiliation": said.affiliation,
        "interest": said.interest,
    }
    ref = short(key, str(text.pk), *(str(value) for value in asdict(said).values()))
    made, _ = Comment.objects.get_or_create(ref=ref, defaults=known)
    same = all(getattr(made, name) == value for name, value in known.items())
    # One in four thousand million: another comment has this reference.
    return made if same else Comment.objects.create(ref=new_ref(), **known)


def _anchor(body: str, passage: str, start: int | None) -> Anchor:
    """By its place, if it was chosen with the mouse or the keys and stands there; else by its words."""
    end = (start or 0) + len(passage)
    if start is not None and body[start:end] == passage:
        return anchored(body, start, end)
    return anchored_quote(body, passage)
