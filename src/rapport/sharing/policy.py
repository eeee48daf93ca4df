"""The built-in protocol as a pure function: who may see what of one Item.

Three rules, in this order; the first that matches speaks:
  team      whoever may read the operation's desk reads everything.
  at-risk   the public gets a published event of a category that the operation's file names as persons at risk with its
            commune only, and without words of anybody's own.
  public    the public gets a published event without sender, contact data or the text of reports. Title, summary and
            the name of the place are the desk's, or stood in fields of their own in a file, under a signed order.
Anything else is not released. `queries.py` holds the same rules as a query; tests compare the two.
"""

from __future__ import annotations

from rapport.values import Audience, Item, Publication, Purpose, Reader, Ruling

PROTOCOL = "built-in/1"  # changes whenever a rule does: part of every ETag

TEAM = Ruling(True, "team", "You work in this operation.")
PUBLIC = Ruling(
    True,
    "public",
    "Published by the operation's desk. Its words are the desk's, or a file's under a signed order. "
    "Senders and the text of their reports are never shown.",
)
AT_RISK = Ruling(
    True,
    "at-risk",
    "Published by the operation's desk. It concerns persons at risk, so only the commune is shown.",
    place="commune",
    own_words=False,
)
NOT_PUBLISHED = Ruling(False, "default", "Not published.", place="none", own_words=False)
NOT_FOR_PUBLIC = Ruling(False, "default", "The public reads nothing for this purpose.", place="none", own_words=False)


def sees_extra(reader: Reader, public: bool) -> bool:
    """Whether a reader gets an extra field's value, where words are shown at all; `public` is what the file says."""
    return public or reader.audience is Audience.TEAM


def decide(reader: Reader, item: Item, purpose: Purpose) -> Ruling:
    """The ruling on one item for one reader and purpose. Never raises: what no rule allows is not allowed."""
    if reader.audience is Audience.TEAM:
        return TEAM
    if purpose is Purpose.WORK:
        return NOT_FOR_PUBLIC
    if item.facts.publication is not Publication.PUBLISHED:
        return NOT_PUBLISHED
    return AT_RISK if item.persons_at_risk else PUBLIC
