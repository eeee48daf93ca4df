"""Canaries: words that stand nowhere else, one in every field that is not for everybody; and the protocols under which
they are looked for.

Each text holds two coined words: one to search by, which a page may repeat because it was asked for, and one that a
page can only have from where it must not look.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from rapport.sharing.protocol.library import text_of

#: When it happened: 22:14:15 of the day before in Port-au-Prince.
EARLY = datetime(2010, 1, 17, 3, 14, 15, tzinfo=UTC)
#: The true place and another within the same commune and the same cell of 1,250 m.
PLACE, AT_RISK_PLACE = (-72.3071934, 18.5438217), (-72.3062847, 18.5417329)
#: As many events that only count as stand in the seeded operation; the protocol for partners rounds to fives.
COUNTED = 7

_PUBLIC = 'when = { publication = ["published"], level = ["low", "moderate"] }'
_HOUSE = text_of("house").replace('name = "house"', 'name = "sample"', 1)
_STRICT = """
unless = { status = ["refuted"] }
words = "none"
time = "day"
without = ["sources", "response", "affected"]
"""
#: Partners get more than everybody and less than the team; of what is an organisation's own, only they themselves.
_PARTNERS = f"""
[protocol]
name = "sample"
version = "5"
title = "Partners get more than everybody"
smallest_count = 5

[[audience]]
name = "team"
title = "Who works in this operation"
team = true

[[audience]]
name = "owner"
title = "Whose item it is"
organisations = ["orga"]

[[audience]]
name = "partners"
title = "Partners"
kinds = ["un"]

[[audience]]
name = "public"
title = "Everybody"
everyone = true

[[entry]]
name = "events"
level = "low"
when = {{ kind = ["event", "alert"] }}
why = "Events are low."

[[grant]]
name = "team"
to = ["team"]
why = "They work here."

[[grant]]
name = "partners"
to = ["owner", "partners"]
{_PUBLIC}
unless = {{ status = ["refuted"] }}
radius_m = 1000
delay_hours = 24
without = ["sources", "response", "affected"]
why = "Agreed with partners."

[[grant]]
name = "public"
to = ["public"]
{_PUBLIC}{_STRICT}place = "adm2"
delay_hours = 48
why = "Everybody gets the commune."

[[limit]]
name = "theirs"
beyond = "owner"
when = {{ organisation = ["orga"] }}
unless = {{ organisation = ["unknown"] }}
nothing = true
why = "It is theirs."

[[limit]]
name = "named"
beyond = "team"
when = {{ names = ["yes"] }}
unless = {{ names = ["unknown"] }}
count_only = true
why = "People can be named by it."

[[limit]]
name = "at-risk"
beyond = "team"
when = {{ persons_at_risk = ["yes"] }}
place = "adm2"
without = ["title", "summary", "extra", "files"]
why = "Persons at risk."
"""
#: The protocols under which the walk is made, by name.
PROTOCOLS: Mapping[str, str] = {
    "house": _HOUSE,
    "adm2": _HOUSE.replace('version = "3"', 'version = "4"', 1).replace(_PUBLIC, f'{_PUBLIC}{_STRICT}place = "adm2"'),
    "5 km": _HOUSE.replace('version = "3"', 'version = "5"', 1)
    .replace(_PUBLIC, f"{_PUBLIC}{_STRICT}radius_m = 5000")
    .replace('words = "none"', 'words = "masked"')
    .replace('"sources", "response"', '"title", "summary", "sources", "response"'),
    "partners": _PARTNERS,
}


@dataclass(frozen=True)
class Canary:
    """`signs` are regular expressions that must all be found before it counts as leaked.

    `given` says who may have it all the same: everybody under a protocol (`house`), an audience of one
    (`partners/owner`), or a reader wherever (`admin`). `at`: it may stand at addresses that name one of these
    things of the seeded operation (World.named), because whoever has that reference is told."""

    field: str
    signs: tuple[str, ...]
    given: frozenset[str] = frozenset()
    at: tuple[str, ...] = ()

    def in_(self, text: str) -> bool:
        return all(sign in text if sign.isalnum() else re.search(sign, text) for sign in self.signs)

    def hidden_from(self, protocol: str, names: frozenset[str]) -> bool:
        """`names`: what the reader is called in protocols, and beside them."""
        return not self.given & {protocol, *names, *(f"{protocol}/{name}" for name in names)}


def _given(*names: str) -> frozenset[str]:
    return frozenset(names)


def _at(place: tuple[float, float]) -> tuple[str, str]:
    """Both coordinates as far as a displaced place could not have them by chance; an address asked for has fewer."""
    return (re.escape(f"{place[0]:.7f}"[:-2]), re.escape(f"{place[1]:.7f}"[:-2]))


_TIME = (r"2010[^<\n]{0,14}(22:14|10:14|0?3:14)|1263698055|22:14:15|03:14:15",)
_HOUSE_ALONE = _given("house")
_NEARER = _given("house", "partners/partners", "partners/owner")
CANARIES = (
    Canary("phone of a sender", (r"3746\D?1928",), _given("gateway")),
    Canary("e-mail address of a sender", ("adresko",), _given("sender")),
    Canary("phone in a report's words", (r"3855\D?2047",)),
    Canary("name of a person in a report", ("Brunaveau",)),
    Canary("words of a report", ("kelzomba",)),
    Canary("place said in a report", ("Torvassin",)),
    Canary("other fields of a report", ("Quibrelli",)),
    Canary("translation of a report", ("frandulic",)),
    Canary("name of an attachment", ("Velmodi",)),
    Canary("words of a waiting report", ("waskolim",)),
    Canary("words of a rejected report", ("rejotrix",)),
    Canary("reason of a rejection", ("grovelane",)),
    Canary("reason of a judgement", ("reszanova",)),
    Canary("evidence of a judgement", ("evimorka",)),
    Canary("reason of a withdrawal", ("withkanno",)),
    Canary("reason of an agreement", ("agrisola",)),
    Canary("reason of a protocol", ("propozek",)),
    Canary("reason of its activation", ("aktivorum",)),
    Canary("reason to trust a sender", ("trustarno",)),
    Canary("reason of a broken glass", ("glasrezona",)),
    Canary("reason of a hold", ("holdoreno",)),
    Canary("reason why a function is stopped", ("stopparno",)),
    Canary("note of an invitation", ("invitarno",), _given("admin")),
    Canary("note from shift to shift", ("handovelo",)),
    Canary("what was contested", ("kontestar",), at=("contest",)),
    Canary("answer to what was contested", ("kontrespo",), at=("contest",)),
    Canary("a comment that nobody has looked at", ("komantaro",)),
    Canary("who wrote it", ("Komantina",)),
    Canary("name of who works on the desk", ("Deskonneau",), _given("admin")),
    Canary("name of who signs", ("Signafleur",), _given("admin", "named"), at=("invitation",)),
    Canary("who responds", ("Dombrelaud",)),
    Canary("answer that only the team sees", ("extravolan",)),
    Canary("reply to a sender", ("Replitorn",), _given("gateway")),
    Canary("question to a sender", ("Letorika",), _given("sender")),
    Canary("a draft", ("draftumek",)),
    Canary("a withdrawn event", ("withdrolin",)),
    Canary("an event of severe sensitivity", ("severmuto",)),
    Canary("title and summary of an event of persons at risk", ("riskabeno",)),
    Canary("place name of an event of persons at risk", ("Riskaplas",)),
    Canary("place of an event of persons at risk", _at(AT_RISK_PLACE)),
    Canary("words written to be shared in place of others", ("sharewodik",)),
    Canary("exact number of events that only count", (rf'only_counted": ?{COUNTED}\b|at least {COUNTED}\b',)),
    Canary("title of an event", ("titulanza",), _NEARER),
    Canary("summary of an event", ("sumarelka",), _NEARER),
    Canary("place name of an event", ("Strasovel",), _HOUSE_ALONE),
    Canary("place of an event", _at(PLACE), _HOUSE_ALONE),
    Canary("time of an event", _TIME, _NEARER),
    Canary("how many are affected", (r"41\D{0,7}773\D{0,7}629",), _HOUSE_ALONE),
    Canary("a refuted event", ("refutolan",), _HOUSE_ALONE),
    Canary("an event that is kept back at first", ("earlivent",), _HOUSE_ALONE),
    Canary("an event that only counts", ("countelka",), _HOUSE_ALONE),
    Canary("another organisation's item", ("theirsolo",), _given("house", "partners/owner")),
    Canary("the draft of an alert", ("alerdrafto",)),
    Canary("an alert about an event of severe sensitivity", ("alersevero",)),
    Canary("an alert about another organisation's item", ("alertheiro",), _HOUSE_ALONE),
    Canary("which organisation was given a report", ("Orgalimeth",), at=("report theirs", "report risk")),
)
#: The other word of each text, by which readers search.
SEARCHED = (
    "Zanmora", "Brunoir", "kelzori", "Torvalis", "draftori", "withdrori", "severori", "riskori", "titulori", "sumarori",
    "Strasori", "refutori", "earliori", "countori", "theirsori", "sharori", "5093746",
)  # fmt: skip
#: Who is told that an event of this name exists, by its reference; the others are given to everybody.
EXISTENCE: Mapping[str, frozenset[str]] = {
    "draft": _given(),
    "severe": _given(),
    "withdrawn": _given(),
    "refuted": _HOUSE_ALONE,
    "early": _given("house", "adm2", "5 km"),
    "theirs": _given("house", "adm2", "5 km", "partners/owner"),
    **{f"counted {number}": _given("house", "adm2", "5 km") for number in range(COUNTED)},
}
