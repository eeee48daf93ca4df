"""A duty officer who reads French or Kreyòl finds no English where it matters; what leaves stays as it was."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext, override

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role as Held
from rapport.contacts import clocks
from rapport.contacts.cases import clockwork, going, reading, writing
from rapport.contacts.cases.models import Dispatch
from rapport.contacts.cases.telling import notice_of
from rapport.contacts.cases.writing import Words
from rapport.contacts.clocks import Clock, Which
from rapport.contacts.converters import written
from rapport.contacts.escalation import NOBODY_LEFT
from rapport.contacts.kinds import ANSWERS, BEGIN, FIELDS, NOT_AGREEING, TITLES, Kind
from rapport.contacts.lowtech import fax, sms, spoken
from rapport.contacts.opaque import Numbered
from rapport.operations.models import Operation
from rapport.operations.translated import translated
from rapport.values import Sentence
from rapport.web.messages import plain
from tests.web.contacts import named, network
from tests.web.test_cases import NOTICED, Side, at, sent

pytestmark = pytest.mark.django_db
LANGUAGES = ["fr", "ht"]
ENGLISH_CLOCK = re.compile(r">(in \d+ (d|h|min)\b|[^<]* ago<|under 1 min)")
ENGLISH_DAY = re.compile(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)(day|nesday|sday|rsday|urday)? (\d+ |\d\d:)")


@pytest.fixture
def kenya(operation: Operation, lead: Person, someone: Callable[..., Person]) -> Side:
    custodian = someone("carol", Held.CUSTODIAN)
    network(operation, lead, custodian)
    return Side(operation, lead, custodian, "Kenya")


@pytest.fixture
def peru(kenya: Side, operation: Operation, lead: Person) -> Side:
    return Side(operation, lead, Person.objects.get(username="carol"), "Peru")


def shown(side: Side, path: str, language: str, data: dict[str, str] | None = None) -> str:
    client = Client(headers={"accept-language": language})
    client.force_login(side.one.person)
    address = f"/sample/contacts/{path}"
    answer = client.post(address, data, follow=True) if data else client.get(address)
    text = answer.content.decode()
    assert f'<html lang="{language}"' in text
    return str(text)


def texts() -> Iterator[str]:
    """All English texts of kinds that pages show."""
    yield from (NOBODY_LEFT, NOT_AGREEING, *TITLES.values(), *ANSWERS.values())
    for one in (one for fields in FIELDS.values() for one in fields):
        yield from (one.label, one.help, *(one.choices or {}).values())


def english(page: str, language: str) -> list[str]:
    """What of them stands on a page as an element's own text, though it is called otherwise in that language."""
    with override(language):
        other = {one for one in texts() if one and translated(one) != one}
    found = [one for one in sorted(other) if re.search(rf">\s*{re.escape(escape(one))}\s*<", page)]
    return found + [one[0] for pattern in (ENGLISH_CLOCK, ENGLISH_DAY) for one in pattern.finditer(page)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_kinds_is_translated(language: str) -> None:
    with override(language):
        same = {one for one in texts() if one and translated(one) == one}
    assert same <= {"Question", "Code", "Notification", "Correction"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", sorted(BEGIN - {Kind.PING}))
def test_the_form_of_each_kind_asks_in_the_readers_language_and_sends_values(
    kenya: Side, peru: Side, kind: Kind, language: str
) -> None:
    path = f"cases/new/?to={peru.office.code}&kind={kind}"
    page = shown(kenya, path, language)
    assert english(page, language) == []
    assert english(shown(kenya, path, "en"), language), "they are what English readers find there"
    for one in FIELDS[kind]:
        with override(language):
            assert escape(gettext(one.label)) in page
        for value in one.choices or {}:
            assert f'<option value="{value}">' in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_that_a_draft_lacks_is_told_in_the_readers_language(kenya: Side, peru: Side, language: str) -> None:
    """In the list, beside each field, and when somebody says that it can go."""
    words = Words(Kind.NOTIFICATION, {"what": "100% \u202e"})
    one = writing.begin(kenya.one, kenya.office, peru.office, words, exercise=False)
    path = f"drafts/{written(Numbered.DRAFT, one.pk)}/"
    for page in (shown(kenya, path, language), shown(kenya, f"{path}ready/", language, {"x": "1"})):
        for text in ("is missing", "This holds characters that no page shows"):
            assert text not in page
    with override(language):
        missing = [translated(each.said) for each in going.lacks(one)]
    (refused,) = re.findall(r'<p class="note error">([^<]*)</p>', page)
    assert refused == escape(" ".join(missing))


def test_a_case_the_duty_view_and_whom_to_call_are_in_french(kenya: Side, peru: Side) -> None:
    one = sent(kenya, peru)
    came = shown(peru, "duty/", "fr")
    assert "Notification" in came
    case, message = f"cases/{one.case.ref}/", f"cases/{one.case.ref}/messages/{one.ref}"
    Dispatch.objects.filter(pk=one.pk).update(sent_at=at(one, -49), known_at=at(one, -49))
    clockwork.fire(timezone.now())
    for side, path in [(peru, case), (peru, f"{case}write/?kind=reply&about={one.ref}"), (peru, "duty/"),
                       (kenya, case), (kenya, "duty/"), (kenya, f"{message}/tries/"), (kenya, "take/"),
                       (kenya, "cases/new/"), (kenya, f"{case}write/?kind=closure")]:  # fmt: skip
        assert english(shown(side, path, "fr"), "fr") == [], path
        assert english(shown(side, path, "en"), "fr"), path
    told = shown(peru, case, "fr")
    assert "Ce qui s&#x27;est passé" in told
    assert "ceux de l&#x27;expéditeur" in told
    assert re.search(r">il y a \d+ ", shown(peru, "duty/", "fr"))


def test_what_stands_in_the_way_is_said_in_french_with_the_label_that_the_form_has(kenya: Side, peru: Side) -> None:
    typed = {f"f-{name}": value.removesuffix("Z") for name, value in NOTICED.items() if name != "what"}
    start = {"to": peru.office.code, "kind": "notification", **typed}
    shown(kenya, "cases/new/", "fr", start)
    unsent = Dispatch.objects.get()
    told = shown(kenya, f"drafts/{named(unsent)}/ready/", "fr", {"any": "1"})
    assert escape("« Ce qui s'est passé » manque.") in told
    Dispatch.objects.filter(pk=unsent.pk).update(drafted_by=kenya.two.person)
    told = shown(kenya, f"drafts/{named(unsent)}/ready/", "fr", {"any": "1"})
    assert "Quelqu&#x27;un d&#x27;autre est encore en train" in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_sent_and_read_out_and_its_content_stay_english(kenya: Side, peru: Side, language: str) -> None:
    one = sent(kenya, peru)
    said = reading.said_of(one)

    def made() -> list[object]:
        forms = fax.empty(Kind.NOTIFICATION), fax.form(said), spoken.script(said), sms.parts(said)
        return [*forms, notice_of(one), going.mark_of(one)]

    before = made()
    with override(language):
        assert made() == before


@pytest.mark.parametrize(
    ("span", "french", "kreyol"),
    [
        (timedelta(hours=1, minutes=48), "dans 1 h 48 min", "nan 1 è 48 min"),
        (timedelta(days=-8), "il y a 8 j", "sa gen 8 jou"),
        (timedelta(days=2, hours=3), "dans 2 j 3 h", "nan 2 jou 3 è"),
        (timedelta(seconds=20), "dans moins d'1 min", "nan mwens pase 1 min"),
    ],
)
def test_how_long_a_clock_has_left_is_said_in_the_readers_language(span: timedelta, french: str, kreyol: str) -> None:
    now = timezone.now()
    left = clocks.left(Clock(Which.UPDATE, now + span, "kenya"), now)
    for language, words in (("fr", french), ("ht", kreyol)):
        with override(language):
            assert translated(left) == words


def test_months_and_days_are_said_in_the_readers_language(kenya: Side, peru: Side) -> None:
    one = sent(kenya, peru)
    moment = one.sent_at.replace(month=2, day=3)  # type: ignore[union-attr]
    Dispatch.objects.filter(pk=one.pk).update(sent_at=moment)
    assert f"3 Févr. {moment.year}" in shown(kenya, f"cases/{one.case.ref}/", "fr")
    assert f"3 Fev. {moment.year}" in shown(kenya, f"cases/{one.case.ref}/", "ht")


# --- the mechanism -------------------------------------------------------------------------------------------------


def test_a_sentence_is_english_until_a_page_translates_it_and_what_stands_in_it() -> None:
    one = Sentence("“%(label)s” is missing.", label=Sentence("What happened"))
    assert one == "“What happened” is missing."
    with override("fr"):
        assert translated(one) == "« Ce qui s'est passé » manque."
        assert translated(Sentence("in %(span)s", span="Reply")) == "dans Reply", "nothing that somebody wrote"
    assert translated("") == ""


def test_plain_texts_are_collected_from_calls_tables_and_classes() -> None:
    source = (
        'T: Mapping[str, str] = {"a": "One", "b": "Two"}\n'
        'N = "Three"\n'
        'class S(TextChoices):\n    A = "a", "Four"\n'
        'def way():\n    return "Five" if x else f"{y}"\n    return "Six"\n'
        'raise Refused("reason", "Seven" " eight", field="f")\nraise Refused("r", f"{x} nine")\n'
        'models.CharField(choices=[(A, "Ten")])\n'
    )
    named = {"T": (), "N": (), "S": (), "way": (), "Refused": (2,), "CharField": ("choices",)}
    assert set(plain(source, named)) == {"One", "Two", "Three", "Four", "Six", "Seven eight", "Ten"}
