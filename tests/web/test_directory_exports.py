"""Copies of the directory: written down, watermarked, seen by the offices in them; none of it all at once, none of what
is for its reader's eyes alone."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pypdfium2
import pytest
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role as Held
from rapport.cli.main import run
from rapport.contacts import agreed
from rapport.contacts import network as network_file
from rapport.contacts.directory import looking, memberships
from rapport.contacts.exports import keeping, releasing
from rapport.contacts.model import Channel, Means, Role
from rapport.contacts.models import Alarm, Export, Exported, ExportState, Look, NetworkFile, Office
from rapport.errors import Refused
from rapport.operations.models import Operation
from rapport.oversight.models import Decision, EntryKind, KeptEntry, LedgerEntry
from rapport.registry.models import Actor
from rapport.sharing import activation
from rapport.sharing.models import Agreement
from rapport.sharing.protocol.library import text_of
from tests.web.contacts import named, network, of_team, office, officer, record, speaking, state

pytestmark = pytest.mark.django_db
HERE = "/sample/contacts"


@pytest.fixture
def custodian(someone: Callable[..., Person]) -> Person:
    return someone("carol", Held.CUSTODIAN)


@pytest.fixture
def kenya(operation: Operation, lead: Person, custodian: Person) -> Actor:
    """With two offices."""
    network(operation, lead, custodian)
    made = state(operation, lead, "Kenya")
    for role in (Role.TECHNICAL, Role.POLICY):
        office(made, of_team(lead, operation), of_team(custodian, operation), role=role)
    return made


@pytest.fixture
def pedro(kenya: Actor, lead: Person) -> Person:
    return officer(state(kenya.operation, lead, "Peru"), "pedro")


@pytest.fixture
def many(kenya: Actor, lead: Person, custodian: Person) -> list[Office]:
    """Offices of forty other States."""
    operation = kenya.operation
    actors = [
        Actor.objects.create(operation=operation, code=f"s{n}", name=f"State {n}", kind="state") for n in range(40)
    ]
    return [office(one, of_team(lead, operation), of_team(custodian, operation)) for one in actors]


def enter(client: Client, person: Person) -> None:
    client.logout()
    client.force_login(person)


def post(client: Client, path: str, status: int = 200, **data: object) -> HttpResponse:
    answer = client.post(f"{HERE}/{path}", data)
    assert answer.status_code == status, (path, answer.status_code, answer.content[:3000])
    return answer  # type: ignore[return-value]


def page(client: Client, path: str) -> str:
    answer = client.get(f"{HERE}/{path}")
    assert answer.status_code == 200
    return answer.content.decode()


def pages_of(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    return [document[number].get_textpage().get_text_range() for number in range(len(document))]


# --- cards and trees -----------------------------------------------------------------------------------------------


def test_a_card_fits_the_wallet_names_who_took_it_and_counts_as_a_look(client: Client, pedro: Person) -> None:
    enter(client, pedro)
    answer = post(client, "offices/kenya/technical/card/", form="text")
    text = answer.content.decode()
    export = Export.objects.get()
    assert max(map(len, text.splitlines())) <= 40
    assert "+2547000101" in text
    joined = " ".join(text.split())
    assert f"Export {export.pk} of rapport for Peru, taken by pedro, TLP:AMBER, {timezone.now():%Y-%m-%d}" in joined
    assert "attachment" in answer["Content-Disposition"]
    assert [one.kind for one in Look.objects.all()] == ["card"]
    assert export.digest == hashlib.sha256(answer.content).hexdigest()
    assert export.expires_at is not None
    assert export.expires_at - timezone.now() > timedelta(days=29)
    assert LedgerEntry.objects.filter(kind=EntryKind.LOOK).count() == 1
    assert f'"export":{export.pk}' in KeptEntry.objects.filter(kind=EntryKind.CONTACT).latest("pk").body


def test_every_page_of_a_pdf_says_whose_copy_it_is(client: Client, pedro: Person) -> None:
    enter(client, pedro)
    for path in ("offices/kenya/technical/card/", "trees/kenya/"):
        answer = post(client, path, form="pdf")
        assert answer["Content-Type"] == "application/pdf"
        found = pages_of(answer.content)
        assert "+2547000101" in "".join(found)
        for text in found:
            assert f"Export {Export.objects.latest('pk').pk} of rapport for Peru, taken by pedro" in " ".join(
                text.split()
            )


def test_a_phone_tree_has_all_offices_of_one_state_and_is_a_look_at_each(client: Client, pedro: Person) -> None:
    enter(client, pedro)
    text = post(client, "trees/kenya/", form="text").content.decode()
    assert text.count("taken by pedro") == 1, "one entry, one watermark"
    assert {one.office.role for one in Look.objects.filter(kind="tree")} == {"technical", "policy"}
    assert Exported.objects.filter(export__kind="tree").count() == 2


def test_the_office_sees_who_took_it_along_and_nobody_else_does(client: Client, kenya: Actor, pedro: Person) -> None:
    amina = officer(kenya, "amina")
    enter(client, pedro)
    post(client, "offices/kenya/technical/card/", form="text")
    assert "Copies that were taken along" not in page(client, "offices/kenya/technical/")
    enter(client, amina)
    told = page(client, "offices/kenya/technical/")
    assert "Copies that were taken along" in told
    assert "Peru, taken by pedro" in told


def test_whose_agreement_says_nothing_of_copies_looks_and_takes_nothing_along(client: Client, pedro: Person) -> None:
    Agreement.objects.filter(receiver__slug="peru").update(purposes=["view"])
    enter(client, pedro)
    assert "+254" in page(client, "offices/kenya/technical/")
    looks = Look.objects.count()
    said = post(client, "offices/kenya/technical/card/", 403, form="text").content.decode()
    assert "you may take along" in said
    assert not Export.objects.exists()
    assert Look.objects.count() == looks


def test_nothing_for_its_readers_eyes_alone_is_in_any_copy(
    client: Client, kenya: Actor, pedro: Person, lead: Person, custodian: Person
) -> None:
    text = text_of("network").replace('name = "network"', 'name = "sample"')
    red = text.replace('marking = "TLP:AMBER"', 'marking = "TLP:RED"').replace('version = "2"', 'version = "3"')
    activation.activate(custodian, activation.propose(lead, kenya.operation, red, "agreed"), "")
    enter(client, pedro)
    assert "TLP:RED" in page(client, "offices/kenya/technical/"), "it is looked at"
    numbers = [named(one) for one in Office.objects.all()]
    for path, data in (
        ("offices/kenya/technical/card/", {"form": "text"}),
        ("offices/kenya/technical/card/", {"form": "pdf"}),
        ("trees/kenya/", {"form": "text"}),
        ("exports/take/", {"office": numbers}),
    ):
        assert b"+254" not in post(client, path, 403, **data).content
    export = releasing.ask(of_team(lead, kenya.operation), pedro.belongings.get().organisation, [], "For the wall")
    with pytest.raises(Refused, match="copy none"):
        releasing.release(of_team(custodian, kenya.operation), export)
    assert not Exported.objects.exists()


# --- a signed directory of offices that somebody chose -------------------------------------------------------------


def test_a_directory_of_chosen_offices_is_told_from_a_forged_one_with_no_line(
    client: Client, pedro: Person, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    enter(client, pedro)
    post(client, "exports/take/", 302, office=[named(one) for one in Office.objects.all()])
    export = Export.objects.get()
    assert "Signed text" in page(client, "exports/")
    file, key = tmp_path / "directory.txt", tmp_path / "key.pem"
    file.write_bytes(post(client, f"exports/{named(export)}/file/", form="text").content)
    client.logout()
    key.write_bytes(client.get(f"{HERE}/key/key.pem").content)
    text = file.read_text()
    assert " ".join(text.split()).count("for Peru, taken by pedro, TLP:AMBER, 20") == 3, "at the head, on each entry"
    assert run(["contacts", "verify", str(file), "--public-key", str(key)]) == 0
    told = capsys.readouterr().out
    assert "Genuine" in told
    assert "2 offices. In date until" in told
    forged = tmp_path / "forged.txt"
    forged.write_text(text.replace("+2547000101", "+2547999999"))
    assert run(["contacts", "verify", str(forged), "--public-key", str(key)]) == 1
    assert "not genuine" in capsys.readouterr().err
    assert run(["contacts", "verify", str(file), "--public-key", str(key), "--from", "other.example"]) == 1


def test_an_expired_copy_says_so_and_its_file_is_forgotten(
    client: Client, pedro: Person, tmp_path: Path, capsys: pytest.CaptureFixture[str], settings: object
) -> None:
    settings.DIRECTORY_LASTS = timedelta(microseconds=1)  # type: ignore[attr-defined]
    enter(client, pedro)
    post(client, "exports/take/", 302, office=[named(one) for one in Office.objects.all()])
    export = Export.objects.get()
    post(client, f"exports/{named(export)}/file/", 410, form="text")
    from rapport.oversight import keys

    file, key = tmp_path / "directory.txt", tmp_path / "key.pem"
    file.write_bytes(keys.unseal("contacts", bytes(export.sealed or b"")))
    key.write_bytes(client.get(f"{HERE}/key/key.pem").content)
    assert run(["contacts", "verify", str(file), "--public-key", str(key)]) == 1
    assert "It expired on" in capsys.readouterr().out
    assert keeping.forget(timezone.now()) == 1
    export.refresh_from_db()
    assert export.sealed is None
    assert export.digest


def test_nobody_takes_more_along_than_a_day_shows_and_who_tries_is_told_of(
    client: Client, many: list[Office], pedro: Person
) -> None:
    enter(client, pedro)
    said = post(client, "exports/take/", 429, office=[named(one) for one in many]).content.decode()
    assert f"can be shown {looking.MEMBER.most} more" in said
    assert not Look.objects.exists()
    assert list(Alarm.objects.values_list("kind", flat=True)) == [Alarm.STOPPED]
    post(client, "exports/take/", 302, office=[named(one) for one in many[: looking.MEMBER.most]])
    assert Look.objects.filter(kind="export").count() == looking.MEMBER.most
    assert client.get(f"{HERE}/offices/s39/technical/").status_code == 429
    post(client, "offices/s39/technical/card/", 429, form="text")
    post(client, "offices/s3/technical/card/", form="text")  # looked at today already


def test_what_somebody_took_for_themselves_nobody_else_fetches(
    client: Client, pedro: Person, lead: Person, kenya: Actor
) -> None:
    enter(client, pedro)
    post(client, "exports/take/", 302, office=[named(one) for one in Office.objects.all()])
    export = Export.objects.get()
    paula = officer(Actor.objects.get(code="peru"), "paula")
    for other in (paula, lead, officer(kenya, "amina")):
        enter(client, other)
        post(client, f"exports/{named(export)}/file/", 404, form="text")


def test_the_page_of_copies_lists_no_way_to_reach_anybody(client: Client, many: list[Office], pedro: Person) -> None:
    enter(client, pedro)
    told = page(client, "exports/")
    assert "State 39" in told
    assert "+254" not in told
    assert "duty@" not in told
    assert not Look.objects.exists()


# --- the whole network, for a named organisation -------------------------------------------------------------------


def test_an_office_that_nobody_can_read_never_makes_it_a_copy_of_all(
    client: Client, kenya: Actor, pedro: Person, lead: Person
) -> None:
    """As from a page of before, which named offices by plain numbers."""
    enter(client, lead)
    peru, desk = pedro.belongings.get().organisation, Office.objects.earliest("pk")
    for chosen in ([desk.pk], [named(desk), "x"]):
        post(client, "exports/ask/", 404, organisation=peru.pk, why="For the safe of the ministry", office=chosen)
        post(client, "exports/take/", 404, office=chosen)
    assert not Export.objects.exists()
    post(client, "exports/ask/", 302, organisation=peru.pk, why="For the safe of the ministry", office=named(desk))
    assert Export.objects.get().wanted == [desk.pk]


def test_one_of_the_team_asks_for_the_whole_network_and_another_releases_it(
    client: Client, many: list[Office], kenya: Actor, pedro: Person, lead: Person, custodian: Person
) -> None:
    peru = pedro.belongings.get().organisation
    enter(client, lead)
    post(client, "exports/ask/", 302, organisation=peru.pk, why="For the safe of the ministry")
    export = Export.objects.get()
    post(client, f"exports/{named(export)}/release/", 302)
    export.refresh_from_db()
    assert export.state == ExportState.WAITING, "not by who asked"
    enter(client, pedro)
    assert client.post(f"{HERE}/exports/{named(export)}/release/").status_code == 403
    post(client, f"exports/{named(export)}/file/", 404, form="text")
    enter(client, custodian)
    assert "For the safe of the ministry" in page(client, "exports/")
    post(client, f"exports/{named(export)}/release/", 302)
    export.refresh_from_db()
    assert export.state == ExportState.MADE
    assert Exported.objects.filter(export=export).count() == 42
    assert not Look.objects.exists(), "what was released for an organisation uses up nobody's day"
    enter(client, pedro)
    text = " ".join(post(client, f"exports/{named(export)}/file/", form="text").content.decode().split())
    assert text.count(f"for Peru, asked for by {lead.username}, released by carol") >= 43
    assert len(pages_of(post(client, f"exports/{named(export)}/file/", form="pdf").content)) > 5
    fetched = [one.body for one in KeptEntry.objects.filter(kind=EntryKind.CONTACT) if "fetched_by" in one.body]
    assert len(fetched) == 2
    assert all(f'"fetched_by":{pedro.pk}' in one for one in fetched)
    said = str(list(Decision.objects.values_list("after", flat=True)))
    assert "released a copy of 42 offices for peru" in said
    assert "+254" not in said
    enter(client, officer(kenya, "amina"))
    assert f"Peru, asked for by {lead.username}, released by carol" in page(client, "offices/kenya/technical/")
    post(client, f"exports/{named(export)}/file/", 404, form="text")


def test_when_an_agreement_ends_its_copies_are_fetched_no_more(
    client: Client, kenya: Actor, pedro: Person, lead: Person, custodian: Person
) -> None:
    peru = pedro.belongings.get().organisation
    export = releasing.ask(of_team(lead, kenya.operation), peru, [], "For the safe")
    releasing.release(of_team(custodian, kenya.operation), export)
    Agreement.objects.filter(receiver=peru).update(ended_at=timezone.now())
    enter(client, pedro)
    post(client, f"exports/{named(export)}/file/", 403, form="text")


@pytest.mark.parametrize("own", [True, False])
def test_when_the_protocol_marks_it_red_a_copy_from_before_is_fetched_no_more(
    own: bool, client: Client, kenya: Actor, pedro: Person, lead: Person, custodian: Person
) -> None:
    if own:
        enter(client, pedro)
        post(client, "exports/take/", 302, office=named(Office.objects.filter(actor=kenya)[0]))
        export = Export.objects.get()
    else:
        export = releasing.ask(of_team(lead, kenya.operation), pedro.belongings.get().organisation, [], "For the safe")
        releasing.release(of_team(custodian, kenya.operation), export)
    enter(client, pedro)
    post(client, f"exports/{named(export)}/file/", form="text")
    text = text_of("network").replace('name = "network"', 'name = "sample"').replace('version = "2"', 'version = "3"')
    red = text.replace('marking = "TLP:AMBER"', 'marking = "TLP:RED"')
    activation.activate(custodian, activation.propose(lead, kenya.operation, red, "agreed anew"), "")
    told = post(client, f"exports/{named(export)}/file/", 403, form="text").content.decode()
    assert "What was agreed has changed since this copy was made" in told
    assert "+254" not in told


def test_a_record_that_nobody_is_pointed_to_is_in_no_released_copy(
    kenya: Actor, pedro: Person, lead: Person, custodian: Person
) -> None:
    Office.objects.filter(role="policy").update(verified_at=timezone.now() - timedelta(days=300))
    export = releasing.ask(of_team(lead, kenya.operation), pedro.belongings.get().organisation, [], "For the safe")
    releasing.release(of_team(custodian, kenya.operation), export)
    assert [one.office.role for one in Exported.objects.filter(export=export)] == ["technical"]


def aged(role: str, days: int) -> None:
    Office.objects.filter(role=role).update(verified_at=timezone.now() - timedelta(days=days, minutes=1))


def test_what_one_takes_oneself_says_how_old_it_is_and_leaves_out_what_nobody_is_to_rely_on(
    client: Client, pedro: Person
) -> None:
    aged("policy", 240)
    aged("technical", 181)
    day = (timezone.now() - timedelta(days=181, minutes=1)).date().isoformat()
    enter(client, pedro)
    told = page(client, "exports/")
    assert "do not rely on it" in told
    assert told.count('name="office"') == 1, "what is in no copy is not offered"
    post(client, "exports/take/", 302, office=[named(one) for one in Office.objects.all()])
    export = Export.objects.get()
    assert [one.office.role for one in Exported.objects.filter(export=export)] == ["technical"]
    files = [post(client, f"exports/{named(export)}/file/", form=form).content for form in ("text", "pdf")]
    said = [files[0].decode(), " ".join(pages_of(files[1]))]
    said += [
        post(client, path, form="text").content.decode() for path in ("offices/kenya/technical/card/", "trees/kenya/")
    ]
    for text in (" ".join(one.split()) for one in said):
        assert day in text
        assert "not confirmed lately: be ready to try the next one" in text
        assert "kenya, policy" not in text
    assert "Take it along" not in page(client, "offices/kenya/policy/")
    assert "no copy has it" in post(client, "offices/kenya/policy/card/", 403, form="text").content.decode()


def test_every_copy_says_that_lists_disagree_and_which_one_to_go_by(
    client: Client, kenya: Actor, pedro: Person, lead: Person
) -> None:
    team, desk = of_team(lead, kenya.operation), Office.objects.get(role="technical")
    other = Channel(Means.PHONE, "+254799999999")
    memberships.enter(team, desk, "OSCE", "List of March", record("kenya", channels=(other,)))
    un = memberships.enter(team, desk, "UN", "List of April", record("kenya"))
    memberships.govern(speaking(officer(kenya, "abel"), kenya), un)
    enter(client, pedro)
    post(client, "exports/take/", 302, office=named(desk))
    took = [post(client, f"exports/{named(Export.objects.get())}/file/", form="text")]
    took += [post(client, path, form="text") for path in ("offices/kenya/technical/card/", "trees/kenya/")]
    for one in took:
        text = " ".join(one.content.decode().split())
        assert "OSCE says otherwise; the list of UN is the one to go by" in text
        assert "+254799999999" not in text


def test_a_copy_has_the_number_of_the_list_to_go_by_where_it_is_another_one(
    client: Client, kenya: Actor, pedro: Person, lead: Person
) -> None:
    """Who has paper and no line cannot look it up."""
    desk, other = Office.objects.get(role="technical"), Channel(Means.PHONE, "+254799999999")
    team = of_team(lead, kenya.operation)
    listed = memberships.enter(team, desk, "OSCE", "List of March", record("kenya", channels=(other,)))
    memberships.govern(speaking(officer(kenya, "abel"), kenya), listed)
    enter(client, pedro)
    post(client, "exports/take/", 302, office=named(desk))
    took = [post(client, f"exports/{named(Export.objects.get())}/file/", form="text")]
    took += [post(client, path, form="text") for path in ("offices/kenya/technical/card/", "trees/kenya/")]
    for one in took:
        text = " ".join(one.content.decode().split())
        assert re.search(r"the list of OSCE is the one to go by: [\w ]*phone \+254799999999", text), text


def test_a_phone_tree_names_third_parties_and_never_the_party_itself(
    client: Client, kenya: Actor, lead: Person, pedro: Person
) -> None:
    text = network_file.text_of("example").replace("third_parties = []", 'third_parties = ["kenya", "peru"]')
    agreed.load(lead, kenya.operation, text)
    enter(client, pedro)
    said = post(client, "trees/kenya/", form="text").content.decode()
    assert "Then a third party that all agreed on: Peru\n" in said
    assert "Kenya: try in this order" in said


def test_a_refusal_says_why_and_makes_nothing(
    client: Client, kenya: Actor, pedro: Person, lead: Person, custodian: Person
) -> None:
    export = releasing.ask(of_team(lead, kenya.operation), pedro.belongings.get().organisation, [], "For the safe")
    enter(client, custodian)
    post(client, f"exports/{named(export)}/refuse/", 302, reason="Nobody there keeps it safe.")
    enter(client, lead)
    assert "Nobody there keeps it safe." in page(client, "exports/")
    assert not Exported.objects.exists()


def test_the_database_itself_takes_no_release_by_who_asked(kenya: Actor, lead: Person, pedro: Person) -> None:
    export = releasing.ask(of_team(lead, kenya.operation), pedro.belongings.get().organisation, [], "For the safe")
    with pytest.raises(IntegrityError), transaction.atomic():
        Export.objects.filter(pk=export.pk).update(decided_by=lead)


# --- what the network agreed ---------------------------------------------------------------------------------------


def test_a_network_s_file_is_loaded_with_its_sources_or_refused_with_every_fault(
    client: Client, kenya: Actor, lead: Person, tmp_path: Path
) -> None:
    enter(client, lead)
    assert "Nobody has loaded a file" in page(client, "network/")
    text = network_file.text_of("example")
    file = tmp_path / "network.toml"
    file.write_text(text.replace("\ntitle", "\ntitel", 1).replace("roles = [", 'roles = ["military", ', 1))
    with file.open("rb") as bad:
        said = post(client, "network/load/", 422, file=bad).content.decode()
    assert "titel" in said
    assert "military" in said, "all at once"
    assert not NetworkFile.objects.exists()
    file.write_text(text)
    with file.open("rb") as good:
        post(client, "network/load/", 302, file=good)
    told = page(client, "network/")
    assert NetworkFile.objects.get().digest in told
    found = agreed.network_of(kenya.operation.pk)
    assert escape(found.source) in told
    assert escape(found.said_by["notification"]) in told, "the source of every time"


def test_the_command_checks_and_loads_a_network_s_file(
    kenya: Actor, lead: Person, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "network.toml"
    file.write_text("slug = 'x y'\n")
    assert run(["contacts", "check", str(file)]) == 1
    assert "title" in capsys.readouterr().err
    file.write_text(network_file.text_of("example"))
    assert run(["contacts", "check", str(file)]) == 0
    assert run(["contacts", "load", str(file), "--operation", "sample", "--person", lead.username]) == 0
    assert NetworkFile.objects.get().loaded_by == lead
