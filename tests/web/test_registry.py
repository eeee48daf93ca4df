"""The registry's pages show what somebody has checked, who said what about it, and never more than the reader gets."""

from __future__ import annotations

import csv
import io
import re
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.operations.models import Operation
from rapport.oversight.models import Decision, DecisionKind
from rapport.registry import file
from rapport.registry.checking import doubts
from rapport.registry.editing import files
from rapport.registry.holdings import held
from rapport.registry.models import Confirmation, RegistryFile
from rapport.registry.tables import TABLES
from rapport.values import Publication, Sensitivity
from tests.guards.walk import routes
from tests.web.registry import actor, says, watch

pytestmark = pytest.mark.django_db


def text(client: Client, path: str) -> str:
    answer = client.get(f"/sample/{path}")
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def norm_f(client: Client) -> str:
    return text(client, "registry/norms/un-norms/N-f/")


# --- what was agreed -----------------------------------------------------------------------------------------------


def test_norms_measures_processes_and_dialogues_have_their_pages(
    client: Client, operation: Operation, lead: Person
) -> None:
    watch(operation, lead)
    first = text(client, "registry/")
    for count in ("11 norms", "16 measures", "6 measures", "32 dated events", "15 pairs"):
        assert count in first
    assert text(client, "registry/norms/un-norms/").count("<li><h2>") == 11
    told = text(client, "registry/dialogues/")
    assert "27 entries name 15 pairs; 3 of them are named by one side only; of 8 a source says" in told
    assert text(client, "registry/differences/").count("<article") == 7
    assert "A/70/174" in norm_f(client)


def test_an_empty_registry_says_how_it_is_filled(client: Client, operation: Operation) -> None:
    assert "The registry is empty" in text(client, "registry/")
    for page in ("actors", "processes", "dialogues", "differences"):
        assert "yet" in text(client, f"registry/{page}/") or page == "differences"


def test_the_timeline_is_narrowed_by_body_years_and_words(client: Client, operation: Operation, lead: Person) -> None:
    watch(operation, lead)
    assert "32 of 32" in text(client, "registry/processes/")
    osce = text(client, "registry/processes/?body=OSCE&from=2012&to=2013")
    found = re.findall(r'<li id="e-\d+"><strong>([^<]+)', osce)
    assert found
    assert all("2012" <= one[:4] <= "2013" for one in found)
    assert "Nothing fits" in text(client, "registry/processes/?q=zzzz")
    assert "32 of 32" in text(client, "registry/processes/?from=soon"), "what is no year leaves nothing out"


# --- what nobody has checked ---------------------------------------------------------------------------------------


def test_what_nobody_has_checked_is_on_the_desk_alone_until_a_person_confirms_it(
    client: Client, operation: Operation, lead: Person, verifier: Person, volunteer: Person
) -> None:
    watch(operation, lead)
    page = "registry/norms/oas-measures/"
    assert "7-11" not in text(client, page)
    client.force_login(lead)
    assert "7-11" not in text(client, page), "on readers' pages not for the team either"
    assert "7-11" in text(client, "desk/registry/")
    doubt = next(one for held_ in held(operation.pk) for one in doubts(held_.whole) if one.row == "7-11")
    with pytest.raises(NotAllowed):
        files.confirm(volunteer, operation, doubt.key, "OAS", "")
    with pytest.raises(Refused, match="where you read it"):
        files.confirm(verifier, operation, doubt.key, " ", "")
    made = files.confirm(verifier, operation, doubt.key, "CICTE/RES.1/22", "https://example.org/res")
    with pytest.raises(Conflict):
        files.confirm(lead, operation, doubt.key, "OAS", "")
    client.logout()
    told = text(client, f"{page}7-11/")
    assert "CICTE/RES.1/22" in told
    assert Decision.objects.filter(kind=DecisionKind.REGISTRY, person=verifier).count() == 1
    files.take_back(lead, made)
    assert client.get(f"/sample/{page}7-11/").status_code == 404
    with pytest.raises(Conflict):
        files.take_back(lead, made)


def test_a_statement_that_was_confirmed_stands_with_its_norm(
    client: Client, operation: Operation, lead: Person
) -> None:
    watch(operation, lead)
    doubt = next(one for held_ in held(operation.pk) for one in doubts(held_.whole) if one.row == "N-f")
    assert doubt.says not in norm_f(client)
    client.force_login(lead)
    sent = {"key": doubt.key, "title": "A/76/135", "address": "javascript:alert(1)"}
    client.post("/sample/desk/registry/confirm/", sent)
    assert not Confirmation.objects.exists()
    client.post("/sample/desk/registry/confirm/", {**sent, "address": ""})
    assert doubt.says in norm_f(client)


# --- files ---------------------------------------------------------------------------------------------------------


def test_a_new_version_replaces_the_one_before_and_both_are_kept(operation: Operation, lead: Person) -> None:
    watch(operation, lead)
    old = file.text_of("oas-measures")
    same = files.load(lead, operation, old)
    assert RegistryFile.objects.filter(slug="oas-measures").count() == 1
    made = files.load(lead, operation, old.replace("Political point of contact", "Contact at political level"))
    same.refresh_from_db()
    assert (same.replaced_at is None, made.replaced_at is None, same.text == old) == (False, True, True)


def test_a_file_that_cannot_be_read_changes_nothing_and_says_why(
    client: Client, operation: Operation, lead: Person
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    client.force_login(lead)
    for data, said in (
        (b"[framework", "This is not TOML"),
        (b"\xff\xfe", "not UTF-8"),
        (b"", "begins with one table"),
    ):
        answer = client.post("/sample/desk/registry/load/", {"file": SimpleUploadedFile("f.toml", data)})
        assert answer.status_code == 422
        assert said in answer.content.decode()
    assert client.post("/sample/desk/registry/load/", {"shipped": "../settings"}).status_code == 422
    assert not RegistryFile.objects.exists()
    assert client.post("/sample/desk/registry/load/", {"shipped": "un-norms"}).status_code == 302
    assert RegistryFile.objects.get().loaded_by == lead


def test_no_file_takes_the_place_of_another_document_nor_renames_who_has_spoken(
    client: Client, operation: Operation, lead: Person
) -> None:
    watch(operation, lead)
    with pytest.raises(Refused, match="give this file another"):
        files.load(lead, operation, file.text_of("oas-measures").replace('slug = "oas-measures"', 'slug = "un-norms"'))
    one = actor(operation, "Ruritania")
    says(one, lead)
    named = '[[actor]]\ncode = "ruritania"\nname = "Another"\nkind = "state"\n'
    files.load(lead, operation, file.text_of("cyber-processes") + named)
    assert "Another" not in norm_f(client)
    files.remove(lead, RegistryFile.objects.get(slug="oas-measures", replaced_at=None))
    assert client.get("/sample/registry/norms/oas-measures/").status_code == 404


# --- who says what -------------------------------------------------------------------------------------------------


def test_what_a_state_says_and_what_others_say_of_it_stand_apart(
    client: Client, operation: Operation, lead: Person
) -> None:
    watch(operation, lead)
    one = actor(operation, "Ruritania")
    says(one, lead)
    says(one, lead, said_by="third party", sayer="A university", content={"status": "partial"})
    told = norm_f(client)
    assert told.count('<article class="said"') == 2
    assert "a third party says: A university" in told
    table = text(client, "registry/norms/un-norms/")
    assert "in place: 1" in table
    assert "of 1 actor" in table
    assert "partly in place: 1" not in table, "a third party's word is not counted as the State's"
    state = text(client, "registry/actors/ruritania/")
    assert state.count('<article class="said"') == 2


def test_who_says_nothing_has_not_said_no(client: Client, operation: Operation, lead: Person) -> None:
    watch(operation, lead)
    says(actor(operation, "Ruritania"), lead, content={"needs": "Training."})
    told = norm_f(client)
    assert "status not given" in told
    for page in (told, text(client, "registry/norms/un-norms/"), text(client, "registry/actors/ruritania/")):
        assert "not implemented" not in page.lower()


def test_a_state_page_says_which_side_names_the_other(client: Client, operation: Operation, lead: Person) -> None:
    watch(operation, lead)
    told = text(client, "registry/actors/us/")
    assert "only Germany says so" in told
    assert "only US says so" in told, "of Japan"


def test_a_state_that_spoke_of_what_nobody_has_checked_has_no_empty_page(
    client: Client, operation: Operation, lead: Person
) -> None:
    watch(operation, lead)
    says(actor(operation, "Ruritania"), lead, "7-11", framework="oas-measures")
    assert "That is no information; it is not a no." in text(client, "registry/actors/ruritania/")


def test_readers_get_what_the_owner_gave_them(client: Client, operation: Operation, lead: Person) -> None:
    watch(operation, lead)
    one = actor(operation, "Ruritania")
    says(one, lead, content={"challenges": "for-members"}, level=Sensitivity.HIGH.value)
    says(one, lead, content={"challenges": "a-draft"}, publication=Publication.DRAFT.value, latest=False)
    told = norm_f(client)
    assert "for-members" not in told
    assert "a-draft" not in told
    assert client.get("/sample/registry/actors/ruritania/").status_code == 404, (
        "of whom one gets nothing one is not told"
    )
    assert "Ruritania" not in text(client, "registry/actors/")
    client.force_login(lead)
    assert "for-members" in norm_f(client)
    assert "a-draft" not in norm_f(client), "a draft is its owner's"


def test_a_withdrawn_statement_shows_that_it_was_and_nothing_else(
    client: Client, operation: Operation, lead: Person
) -> None:
    watch(operation, lead)
    says(
        actor(operation, "Ruritania"), lead, publication=Publication.WITHDRAWN.value, withdrawn_at=timezone.now(),
        content={"status": "in-place", "challenges": "gone-words"},
    )  # fmt: skip
    told = norm_f(client)
    assert "withdrawn" in told
    assert "gone-words" not in told
    assert "in place: 1" not in text(client, "registry/norms/un-norms/")


# --- to take away --------------------------------------------------------------------------------------------------


def test_each_table_goes_out_as_csv_and_json_and_every_column_has_its_meaning(
    client: Client, operation: Operation, lead: Person
) -> None:
    watch(operation, lead)
    says(actor(operation, "Ruritania"), lead, content={"status": "partial", "needs": "=1+1"})
    said = client.get("/sample/registry/data/registry.json").json()
    counts = {name: len(said[name]) for name in TABLES}
    assert counts == {
        "provisions": 33, "events": 32, "dialogues": 27, "contradictions": 7, "instruments": 5, "terms": 0, "views": 0,
        "submissions": 1, "results": 0, "recommendations": 0, "comments": 0,
    }  # fmt: skip
    assert all(row["sources"] for name in ("provisions", "events", "dialogues", "contradictions") for row in said[name])
    described = client.get("/sample/registry/data/dictionary.json").json()
    for name in TABLES:
        body = client.get(f"/sample/registry/data/{name}.csv").content.decode()
        header, *rows = csv.reader(io.StringIO(body))
        assert [one["name"] for one in described[name]["fields"]] == header
        assert all(one["description"] for one in described[name]["fields"])
        assert len(rows) == counts[name]
    assert "'=1+1" in client.get("/sample/registry/data/submissions.csv").content.decode()
    assert client.get("/sample/registry/data/secrets.csv").status_code == 404
    assert "in our own words" in text(client, "registry/data/")


# --- nothing unverified leaves -------------------------------------------------------------------------------------


def outlets(operation: Operation) -> list[str]:
    """Every address of the registry that readers have, filled with all that it can be filled with."""
    there = [one.whole for one in held(operation.pk)]
    norms = [(one.slug, row.code) for one in there if one.framework for row in one.framework.provisions]
    fillings: dict[tuple[str, ...], list[tuple[str, ...]]] = {
        ("framework",): [(one.slug,) for one in there],
        ("framework", "code"): norms,
        ("code",): [(code,) for code in operation.actors.values_list("code", flat=True)],
        ("table",): [(name,) for name in TABLES],
    }
    filled = []
    for route in routes():
        if "/registry/" in route.shown and "/desk/" not in route.shown:
            names = tuple(name for name in re.findall(r"{(\w+)}", route.shown) if name != "operation")
            for values in fillings.get(names, [("1",) * len(names)]):
                filled.append(route.shown.format(operation="sample", **dict(zip(names, values, strict=True))))
    return filled


def test_nothing_that_nobody_has_checked_reaches_a_page_a_feed_or_an_export(
    client: Client, operation: Operation, lead: Person
) -> None:
    """Asked of every address of the registry, as anybody and as the team: neither words nor codes of it."""
    watch(operation, lead)
    secret = 'unverified = true\n[[event]]\ndate = "2019"\nbodies = ["QBODY"]\nwhat = "QWHAT"\nunverified = true\n'
    secret += '[[dialogue]]\nof = "QONE"\nwith = "QTWO"\nunverified = true\n'
    secret += '[[contradiction]]\nabout = "QABOUT"\nsays = ["QA", "QB"]\nunverified = true\n'
    secret += '[[term]]\nterm = "QTERM"\nactor = "China"\nlanguage = "en"\nsays = "QSAYS"\nunverified = true\n'
    secret += '[[view]]\nactor = "China"\nabout = "QVIEW"\nsays = "QSAYS"\nunverified = true\n'
    secret += '[[instrument]]\nsymbol = "QSYM"\ntitle = "QTITLE"\nbody = "QBODY"\nstatus = "draft"\nunverified = true\n'
    head = '[framework]\nslug = "ours"\ntitle = "T"\nbody = "B"\nsymbol = "S"\nkind = "norms"\nversion = "1"\n'
    norm = '[[provision]]\ncode = "QC"\nref = "QREF"\nlabel = "QLABEL"\nasks = "QASKS"\n'
    files.load(lead, operation, head + norm + secret)
    actor(operation, "China")
    hidden = [doubt.says for one in held(operation.pk) for doubt in doubts(one.whole)]
    assert len(hidden) == 14 + 7
    words = [*hidden, "QBODY", "QWHAT", "QONE", "QTWO", "QABOUT", "QTERM", "QSAYS", "QVIEW", "QSYM", "QLABEL", "QASKS"]
    seen = 0
    for who in (None, lead):
        if who:
            client.force_login(who)
        for address in outlets(operation):
            answer = client.get(address)
            body = b"".join(answer).decode() if answer.streaming else answer.content.decode()  # type: ignore[call-overload]
            assert [one for one in words if one in unescape(body)] == [], address
            seen += answer.status_code == 200
    assert seen > 2 * 45, "the addresses are filled with what there is"
