"""Whether a language tag can be meant: the codes of ISO 639-1, as the Library of Congress lists them."""

from __future__ import annotations

import re

_CODES = frozenset(
    (  # noqa: SIM905 - as a list of quoted codes they are no easier to read
        "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz "
        "ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik "
        "io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml "
        "mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd "
        "se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi "
        "vo wa wo xh yi yo za zh zu "
    ).split()
)
#: Language, then perhaps script, region and variants (RFC 5646, 2.1). Three letters are ISO 639-3, which has 8,000.
_TAG = re.compile(r"(?:([a-z]{2})|[a-z]{3})(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|\d{3}))?(?:-[a-z0-9]{5,8})*", re.ASCII)


def is_known(tag: str) -> bool:
    """False for a word, as `english`, for a code that is no language, and for a region in small letters."""
    found = _TAG.fullmatch(tag)
    return bool(found and (found[1] is None or found[1] in _CODES))
