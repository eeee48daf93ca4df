"""Which of an operation's categories a label means: the one with the same HXL tag, whatever its code and its names.

Only an equal tag counts, attributes in any order: `#need+health+chronic` is not what somebody asks for who needs a
doctor now. A label whose tags no category has is suggested as none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

#: For each label the tags that mean it, the closest first. After the HXL core vocabulary and the tags that operations
#: before us have used; labels that are too wide to sort by (related, aid_related, other_…) have none [ours].
TAGS: Mapping[str, tuple[str, ...]] = {
    "medical_help": ("#need+health+emergency", "#need+health"),
    "medical_products": ("#need+health+supplies", "#need+health"),
    "search_and_rescue": ("#need+rescue",),
    "security": ("#need+security", "#event+security"),
    "water": ("#need+water", "#need+wash"),
    "food": ("#need+food",),
    "shelter": ("#need+shelter",),
    "clothing": ("#need+clothing", "#need+nonfood"),
    "money": ("#need+cash",),
    "missing_people": ("#affected+missing",),
    "refugees": ("#affected+displaced", "#affected+refugees"),
    "death": ("#affected+killed",),
    "transport": ("#access+road", "#access"),
    "buildings": ("#impact+building+collapsed", "#impact+building"),
    "electricity": ("#need+power", "#impact+power"),
    "hospitals": ("#impact+health", "#service+health"),
    "floods": ("#event+flood",),
    "storm": ("#event+storm",),
    "fire": ("#event+fire",),
    "earthquake": ("#event+earthquake",),
    "cold": ("#event+cold",),
}


def meant(tags: Mapping[str, str]) -> Mapping[str, tuple[str, ...]]:
    """For each label the codes of the categories that it means. `tags`: code → HXL tag, "" for none."""
    codes: dict[frozenset[str], list[str]] = {}
    for code, tag in tags.items():
        codes.setdefault(_parts(tag), []).append(code)
    found = {
        label: next((codes[_parts(tag)] for tag in wanted if _parts(tag) in codes), [])
        for label, wanted in TAGS.items()
    }
    return {label: tuple(some) for label, some in found.items() if some}


def spoken(
    chosen: Collection[str], labels: Mapping[str, tuple[str, ...]], lines: Mapping[str, tuple[str, ...]]
) -> dict[str, bool]:
    """What the categories that a person chose for a report say of its labels: label → whether the report bears it.

    `labels` as `meant` gives them; `lines`: code → itself and the codes above it. A category below one that is meant
    says yes. One above it says neither yes nor no, nor does whoever chose none at all: such labels are left out.
    """
    under = {code for one in chosen for code in lines.get(one, ())}
    said: dict[str, bool] = {}
    for label, codes in labels.items():
        if any(code in under for code in codes):
            said[label] = True
        elif chosen and not any(above in chosen for code in codes for above in lines.get(code, ())):
            said[label] = False
    return said


def _parts(tag: str) -> frozenset[str]:
    """The hashtag, with its sign, and the attributes: `#need+food` and `#need +food` are the same."""
    return frozenset(part.strip().lower() for part in tag.split("+"))
