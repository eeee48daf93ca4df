"""Rounds of questions: drafts are their owners', blanks stay blank, small groups are not shown, waves compare."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.operations.models import Operation
from rapport.registry import holdings
from rapport.registry.checking import doubts
from rapport.registry.editing import files
from rapport.registry.forms import build, file
from rapport.registry.forms.model import Form
from rapport.registry.holdings import frameworks
from rapport.registry.models import Round, Sheet, Submission
from rapport.registry.rounds import answering, results, running
from rapport.registry.rounds.sheets import form_of, section_of, seen
from rapport.sharing import activation
from rapport.sharing.protocol.library import text_of
from rapport.values import PUBLIC as READER
from rapport.values import Json, Sensitivity
from tests.web.registry import actor, watch

pytestmark = pytest.mark.django_db


@pytest.fixture
def custodian(someone: Callable[..., Person]) -> Person:
    return someone("carla", Role.CUSTODIAN)


STOCK = file.read(file.text_of("crisis-information"))
FIRST = next(one.code for one in STOCK.questions if one.kind == "level")


def stocktaking(operation: Operation, lead: Person, title: str = "2026", form: Form = STOCK) -> Round:
    return running.start(lead, operation, form, title)


def link(lead: Person, one: Round, name: str = "Ruritania", **more: Any) -> tuple[Sheet, str]:
    return running.invite(lead, one, actor(one.operation, name), **more)[0]


def answered(lead: Person, one: Round, name: str, answers: dict[str, Json], **more: Any) -> Sheet:
    """A sheet that was handed in."""
    sheet, _ = link(lead, one, name, **more)
    fill(sheet, answers)
    answering.hand_in(sheet, Sensitivity.LOW, "", "")
    sheet.refresh_from_db()
    return sheet


def published(person: Person, sheet: Sheet) -> list[Submission]:
    """By somebody who has read it as it is now."""
    sheet.refresh_from_db()
    return running.publish(person, sheet, running.state(sheet))


def fill(sheet: Sheet, answers: dict[str, Json]) -> None:
    form = form_of(sheet.round)
    for section in form.sections:
        part = {one.code: answers[one.code] for one in section.questions if one.code in answers}
        if part:
            saved = answering.save(sheet, section.code, part, seen(section, sheet.answers))
            assert not saved.faults


def levels(lead: Person, one: Round, name: str, given: Sequence[int]) -> None:
    for level in given:
        answered(lead, one, name, {FIRST: level})


# --- a respondent --------------------------------------------------------------------------------------------------


def test_whoever_opens_a_link_first_owns_the_sheet_and_nobody_else_reads_it(
    client: Client, operation: Operation, lead: Person
) -> None:
    one = stocktaking(watch(operation, lead), lead)
    sheet, token = link(lead, one)
    sent = f"/sample/registry/answer/{token}/"
    assert "Begin" in client.get(sent).content.decode()
    own = client.post(f"{sent}begin/").headers["Location"]
    assert client.get(sent).status_code == 404, "the link that others have seen opens nothing any more"
    assert client.get(own).status_code == 200
    sheet.refresh_from_db()
    fill(sheet, {f"{FIRST}.remark": "a-draft-word"} if f"{FIRST}.remark" in STOCK_CODES else {FIRST: 3})
    client.force_login(lead)
    desk = client.get(f"/sample/desk/registry/rounds/{one.ref}/sheets/{sheet.ref}/").content.decode()
    assert "This is its owner's draft" in unescape(desk)
    assert "a-draft-word" not in desk
    with pytest.raises(Conflict, match="open their draft"):
        running.renew(lead, sheet)
    with pytest.raises(Conflict, match="begun to answer"):
        running.enter(lead, sheet, {FIRST: 0}, STOCK.sections[0].code, "")


STOCK_CODES = {one.code for one in STOCK.questions}


def test_answers_are_saved_section_by_section_and_blanks_stay_blank(
    client: Client, operation: Operation, lead: Person
) -> None:
    one = stocktaking(watch(operation, lead), lead)
    sheet, token = link(lead, one)
    own = client.post(f"/sample/registry/answer/{token}/begin/").headers["Location"]
    section = next(part for part in STOCK.sections if FIRST in {each.code for each in part.questions})
    was = seen(section, {})
    answer = client.post(f"{own}save/", {"section": section.code, "seen": was, FIRST: "2"})
    assert answer.status_code == 302
    sheet.refresh_from_db()
    assert sheet.answers == {FIRST: 2}
    wrong = client.post(f"{own}save/", {"section": section.code, "seen": seen(section, {FIRST: 2}), FIRST: "9"})
    assert wrong.status_code == 422
    assert "is not one of" in wrong.content.decode()
    sheet.refresh_from_db()
    assert sheet.answers == {FIRST: 2}, "what cannot be kept takes nothing away"
    client.post(f"{own}save/", {"section": section.code, "seen": seen(section, {FIRST: 2}), FIRST: ""})
    sheet.refresh_from_db()
    assert sheet.answers == {}


def test_a_text_that_is_too_long_is_told_so_and_not_cut_by_the_browser(
    client: Client, operation: Operation, lead: Person
) -> None:
    one = stocktaking(watch(operation, lead), lead)
    _, token = link(lead, one)
    own = client.post(f"/sample/registry/answer/{token}/begin/").headers["Location"]
    section, code = STOCK.sections[0], f"{STOCK.sections[0].questions[0].code}.remark"
    sent = {"section": section.code, "seen": seen(section, {}), code: "x" * 10_000 + "THE END"}
    refused = client.post(f"{own}save/", sent).content.decode()
    assert "10,007 characters; write at most 10,000" in refused
    assert "THE END" in refused
    field = next(tag for tag in re.findall(r"<textarea[^>]*>", refused) if f'name="{code}"' in tag)
    assert "maxlength" not in field, "what is pasted would end in the middle of a sentence"


def test_two_devices_do_not_write_over_each_other(client: Client, operation: Operation, lead: Person) -> None:
    one = stocktaking(watch(operation, lead), lead)
    sheet, token = link(lead, one)
    own = client.post(f"/sample/registry/answer/{token}/begin/").headers["Location"]
    section = section_of(STOCK, STOCK.sections[0].code)
    sent = {"section": section.code, "seen": seen(section, {})}
    code = section.questions[0].code
    client.post(f"{own}save/", {**sent, code: "1"})
    late = client.post(f"{own}save/", {**sent, code: "4"})
    assert late.status_code == 409
    assert 'value="4" checked' in late.content.decode(), "what was typed is still there"
    sheet.refresh_from_db()
    assert sheet.answers == {code: 1}
    script = client.post(f"{own}save/", {**sent, code: "4"}, headers={"X-Requested-With": "rapport"})
    assert (script.status_code, "Another device" in script.json()["conflict"]) == (409, True)
    again = client.post(f"{own}save/", {**sent, code: "1"})
    assert again.status_code == 302, "the same again, over a bad line, is no conflict"


def test_a_sheet_goes_out_as_a_file_and_comes_back_field_by_field(
    client: Client, operation: Operation, lead: Person
) -> None:
    watch(operation, lead)
    form = build.survey_form(frameworks(operation.pk)["un-norms"])
    one = running.start(lead, operation, form, "2026", framework="un-norms")
    sheet, token = link(lead, one)
    own = client.post(f"/sample/registry/answer/{token}/begin/").headers["Location"]
    sheet.refresh_from_db()
    said: dict[str, Json] = {
        "N-f.status": "partial", "N-f.challenges": "=1+1\nمرحبا", "N-f.measures": [{"title": "007", "kind": "law"}],
    }  # fmt: skip
    fill(sheet, said)
    other, second = link(lead, one)
    there = client.post(f"/sample/registry/answer/{second}/begin/").headers["Location"]
    for ending in ("json", "xlsx"):
        data = client.get(f"{own}answers.{ending}").content
        Sheet.objects.filter(pk=other.pk).update(answers={})
        answer = client.post(f"{there}file/", {"file": SimpleUploadedFile(f"a.{ending}", data)})
        assert answer.status_code == 302
        other.refresh_from_db()
        assert other.answers == said, ending
    stocktaking_sheet = stocktaking(operation, lead)
    _, third = link(lead, stocktaking_sheet)
    elsewhere = client.post(f"/sample/registry/answer/{third}/begin/").headers["Location"]
    refused = client.post(f"{elsewhere}file/", {"file": SimpleUploadedFile("a.json", data)}, follow=True)
    assert "is asked" in unescape(refused.content.decode()) or "cannot be read" in refused.content.decode()
    assert "N-f.status" in client.get(f"{own}paper/").content.decode()
    assert b"N-f.status" in client.get(f"{own}paper/?text").content


# --- what was handed in is published -------------------------------------------------------------------------------


def test_a_survey_is_published_as_it_was_handed_in_and_taken_back_by_its_owner(
    client: Client, operation: Operation, lead: Person, verifier: Person, volunteer: Person
) -> None:
    watch(operation, lead)
    form = build.survey_form(frameworks(operation.pk)["un-norms"])
    one = running.start(lead, operation, form, "2026", framework="un-norms")
    sheet = answered(lead, one, "Ruritania", {"N-f.status": "in-place", "N-g.needs": "Training."})
    third = answered(
        lead, one, "Ruritania", {"N-f.status": "planned"}, said_by="third party", sayer="A university"
    )  # fmt: skip
    page = "/sample/registry/norms/un-norms/N-f/"
    assert "in place" not in client.get(page).content.decode(), "nothing is public that nobody published"
    with pytest.raises(NotAllowed):
        published(volunteer, sheet)
    assert {row.code for row in published(verifier, sheet)} == {"N-f", "N-g"}
    published(verifier, third)
    with pytest.raises(Conflict, match="published already"):
        published(verifier, sheet)
    told = client.get(page).content.decode()
    assert "in place" in told
    assert "a third party says: A university" in told
    answering.withdraw(sheet)
    gone = client.get(page).content.decode()
    assert "withdrawn" in gone
    assert "planned" in gone, "what a third party said stays"
    assert "Training." not in client.get("/sample/registry/actors/ruritania/").content.decode()


def test_what_was_handed_in_again_is_not_published_by_who_has_read_what_it_said_before(
    client: Client, operation: Operation, lead: Person
) -> None:
    watch(operation, lead)
    form = build.survey_form(frameworks(operation.pk)["un-norms"])
    one = running.start(lead, operation, form, "2026", framework="un-norms")
    sheet = answered(lead, one, "Ruritania", {"N-f.needs": "words-that-were-read"})
    client.force_login(lead)
    desk = f"/sample/desk/registry/rounds/{one.ref}/sheets/{sheet.ref}/"

    def looked() -> dict[str, str]:
        return {"to": "published", "seen": client.get(desk).context["handed_in"]}

    before = looked()
    answering.take_again(sheet)
    sheet.refresh_from_db()
    fill(sheet, {"N-f.needs": "other-words"})
    answering.hand_in(sheet, Sensitivity.LOW, "", "")
    told = client.post(f"{desk}decide/", before, follow=True).content.decode()
    assert "handed in this sheet again since you looked" in told
    assert not Submission.objects.filter(sheet=sheet).exists()
    client.post(f"{desk}decide/", looked())
    assert Submission.objects.get(sheet=sheet).content == {"needs": "other-words"}


def test_a_later_wave_is_what_counts_now_and_the_earlier_one_stays(
    client: Client, operation: Operation, lead: Person
) -> None:
    watch(operation, lead)
    form = build.survey_form(frameworks(operation.pk)["un-norms"])
    for title, status in (("2024", "planned"), ("2026", "in-place")):
        one = running.start(lead, operation, form, title, framework="un-norms")
        published(lead, answered(lead, one, "Ruritania", {"N-f.status": status}))
    latest = Submission.objects.filter(latest=True)
    assert [each.wave for each in latest] == ["2026"]
    state = client.get("/sample/registry/actors/ruritania/").content.decode()
    assert "Earlier" in state
    assert "2024: planned" in state


# --- results -------------------------------------------------------------------------------------------------------


def test_two_waves_show_the_change_and_spread_worked_out_by_hand(
    client: Client, operation: Operation, lead: Person
) -> None:
    """Wave 1: 0 1 1 2 3 (median 1, spread 3); wave 2: 2 3 3 3 4 (median 3, spread 2)."""
    watch(operation, lead)
    first, second = stocktaking(operation, lead, "2024"), stocktaking(operation, lead, "2026")
    levels(lead, first, "Agency", (0, 1, 1, 2, 3))
    levels(lead, second, "Agency", (2, 3, 3, 3, 4))
    for one in (first, second):
        with pytest.raises(Conflict, match="Close the round first"):
            running.publish_results(lead, one)
        running.close(lead, one)
        running.publish_results(lead, one)
    change = next(each for each in results.changes(first, second) if each.code == FIRST and not each.group)
    assert (change.median, change.spread) == (2.0, -1)
    told = client.get(f"/sample/registry/rounds/{second.ref}/").content.decode()
    assert "1.0 → 3.0" in told
    assert "3 → 2" in told
    assert "2024" in told


def test_results_name_no_provision_by_whose_words_nobody_stands_any_more(
    client: Client, operation: Operation, lead: Person
) -> None:
    watch(operation, lead)
    doubt = next(one for held in holdings.held(operation.pk) for one in doubts(held.whole) if one.row == "7-11")
    sure = files.confirm(lead, operation, doubt.key, "CICTE/RES.1/22", "")
    form = build.weighing_form(frameworks(operation.pk)["oas-measures"])
    one = running.start(lead, operation, form, "2026", framework="oas-measures")
    for view in ("security", "operational", "diplomatic"):
        for level in (1, 2, 3):
            answered(lead, one, "Ruritania", {"7-11.use": level, "1.use": level}, view=view)
    running.close(lead, one)
    running.publish_results(lead, one)
    title = next(section.title for section in form.sections if section.code == "7-11")
    path = f"/sample/registry/rounds/{one.ref}/"
    assert title in client.get(path).content.decode()
    files.take_back(lead, sure)
    for where in (path, "/sample/registry/data/results.csv", "/sample/registry/data/registry.json"):
        assert title not in b"".join(client.get(where)).decode(), where  # type: ignore[call-overload]
    assert form.sections[0].title in client.get(path).content.decode(), "what people stand by stays"


def test_a_group_of_fewer_than_five_is_not_shown_to_readers_nor_told_by_subtraction(
    client: Client, operation: Operation, lead: Person
) -> None:
    watch(operation, lead)
    one = stocktaking(operation, lead)
    levels(lead, one, "Large", (0, 1, 2, 3, 4))
    levels(lead, one, "Small", (4, 4))
    running.close(lead, one)
    running.publish_results(lead, one)
    rows = {
        row.row.group: row.row
        for row in results.rows_of(results.given(operation, READER, one), results.ResultRow)
        if row.row.code == FIRST
    }
    assert rows["Small"].figures is None
    assert rows["Large"].figures.n == rows[""].figures.n == 5
    told = client.get(f"/sample/registry/rounds/{one.ref}/").content.decode()
    assert "too few to show" in told
    own = results.found(one, "Small")[FIRST].groups["Small"]
    assert own is not None
    assert own.n == 2, "the group itself sees its own"


def test_results_of_a_protocol_that_bars_small_counts_are_still_those_of_five(
    client: Client, operation: Operation, lead: Person, custodian: Person
) -> None:
    watch(operation, lead)
    activation.activate(custodian, activation.propose(lead, operation, text_of("network"), ""), "agreed")
    one = stocktaking(operation, lead)
    levels(lead, one, "Large", (0, 1, 2, 3, 4))
    running.close(lead, one)
    running.publish_results(lead, one)
    assert client.get(f"/sample/registry/rounds/{one.ref}/").status_code == 200
    running.withdraw_results(lead, one)
    assert client.get(f"/sample/registry/rounds/{one.ref}/").status_code == 404


def test_measures_are_weighed_from_three_views_with_spread_and_agreement(
    client: Client, operation: Operation, lead: Person
) -> None:
    watch(operation, lead)
    form = build.weighing_form(frameworks(operation.pk)["osce-measures"])
    one = running.start(lead, operation, form, "Panel", framework="osce-measures")
    for view, ratings in {"security": (5, 5, 4), "operational": (1, 2, 2), "diplomatic": (4, 4, 4)}.items():
        for rating in ratings:
            answered(lead, one, "Panel", {"8.use": rating, "3.use": 6 - rating}, view=view)
    with pytest.raises(Refused, match="which view"):
        link(lead, one, "Panel")
    running.close(lead, one)
    running.publish_results(lead, one)
    rows = results.given(operation, READER, one)
    of = {row.row.group: row.row.figures for row in results.rows_of(rows, results.ResultRow) if row.row.code == "8.use"}
    assert (of["security"].median, of["operational"].median, of["diplomatic"].spread) == (5.0, 2.0, 0)
    assert {row.row.agreement.view for row in results.rows_of(rows, results.AgreementRow)} >= {"security", "all"}
    told = client.get(f"/sample/registry/rounds/{one.ref}/").content.decode()
    assert "Krippendorff" in told


# --- on paper ------------------------------------------------------------------------------------------------------


def test_a_paper_form_is_typed_in_by_somebody_of_the_team_and_says_so(
    client: Client, operation: Operation, lead: Person, verifier: Person
) -> None:
    one = stocktaking(watch(operation, lead), lead)
    sheet, _ = link(lead, one)
    client.force_login(verifier)
    page = f"/sample/desk/registry/rounds/{one.ref}/sheets/{sheet.ref}/"
    section = STOCK.sections[0]
    code = section.questions[0].code
    sent = {"section": section.code, "seen": seen(section, {}), code: "3"}
    assert client.post(f"{page}enter/", sent).status_code == 302
    sheet.refresh_from_db()
    assert (sheet.answers, sheet.how, sheet.entered_by) == ({code: 3}, "paper", verifier)
    client.post(f"{page}decide/", {"to": "handed-in", "level": "low", "respondent": "Office 3"})
    sheet.refresh_from_db()
    assert (sheet.handed_in_at is not None, sheet.respondent) == (True, "Office 3")


def test_only_leads_open_rounds_and_a_closed_one_takes_nothing(
    client: Client, operation: Operation, lead: Person, verifier: Person
) -> None:
    watch(operation, lead)
    with pytest.raises(NotAllowed):
        stocktaking(operation, verifier)
    client.force_login(lead)
    sent = {"form": "questionnaire:csirt-maturity", "title": "First", "closes_on": "2027-01-31"}
    made = client.post("/sample/desk/registry/rounds/", sent).headers["Location"]
    assert "csirt-maturity" in client.get(made).content.decode()
    assert client.post("/sample/desk/registry/rounds/", {"form": "survey:nothing", "title": "X"}).status_code == 422
    one = Round.objects.get()
    links = client.post(f"{made}invite/", {"new_actor": "A team", "count": "2"}).content.decode()
    assert links.count("/sample/registry/answer/") == 2
    sheet = one.sheets.select_related("round", "actor").first()
    assert sheet is not None
    client.post(f"{made}change/", {"to": "closed"})
    with pytest.raises(Conflict, match="closed"):
        answering.save(sheet, "", {}, "")
    with pytest.raises(Conflict, match="closed"):
        running.invite(lead, Round.objects.get(), sheet.actor)


def test_json_of_the_form_survives_the_database(operation: Operation, lead: Person) -> None:
    one = stocktaking(watch(operation, lead), lead)
    one.refresh_from_db()
    assert form_of(one) == STOCK
    assert json.loads(one.form)


# --- for whom ------------------------------------------------------------------------------------------------------


def test_respondents_are_told_who_gets_the_results_and_nobody_else_does(
    client: Client, operation: Operation, lead: Person
) -> None:
    watch(operation, lead)
    one = running.start(lead, operation, STOCK, "2026", results_for=Sensitivity.SEVERE)
    _, token = link(lead, one)
    begin = client.get(f"/sample/registry/answer/{token}/").content.decode()
    assert "the team of this operation alone" in begin
    levels(lead, one, "Agency", (0, 1, 2, 3, 4))
    running.close(lead, one)
    running.publish_results(lead, one)
    assert client.get(f"/sample/registry/rounds/{one.ref}/").status_code == 404
    assert client.get("/sample/registry/data/registry.json").json()["results"] == []
    client.force_login(lead)
    assert client.get(f"/sample/registry/rounds/{one.ref}/").status_code == 200
    assert client.get(f"/sample/desk/registry/rounds/{one.ref}/results/?own=Agency").status_code == 200


def test_what_results_told_is_not_undone_by_withdrawing_them(
    client: Client, operation: Operation, lead: Person
) -> None:
    watch(operation, lead)
    one = stocktaking(operation, lead)
    sheet, token = link(lead, one, "Agency")
    own = client.post(f"/sample/registry/answer/{token}/begin/").headers["Location"]
    fill(sheet, {FIRST: 1})
    answering.hand_in(sheet, Sensitivity.LOW, "", "")
    running.close(lead, one)
    assert "Withdraw it for good" in client.get(own).content.decode()
    running.publish_results(lead, one)
    running.withdraw_results(lead, one)
    with pytest.raises(Conflict, match="cannot be taken back"):
        answering.withdraw(sheet)
    page = client.get(own).content.decode()
    assert "cannot be taken back" in page, "its owner is told before they try"
    assert "Withdraw it for good" not in page


def test_the_link_of_a_sheet_that_came_on_paper_opens_nothing(
    client: Client, operation: Operation, lead: Person
) -> None:
    one = stocktaking(watch(operation, lead), lead)
    sheet, token = link(lead, one)
    assert client.post(f"/sample/registry/answer/{token}/withdraw/").status_code == 404, "nor before anybody has begun"
    section = STOCK.sections[0]
    running.enter(lead, sheet, {section.questions[0].code: "3"}, section.code, seen(section, {}))
    for path in ("", "answers.json", "paper/"):
        assert client.get(f"/sample/registry/answer/{token}/{path}").status_code == 404


def test_what_is_given_to_fewer_later_is_shown_to_others_no_more_and_tells_them_nothing(
    client: Client, operation: Operation, lead: Person
) -> None:
    watch(operation, lead)
    form = build.survey_form(frameworks(operation.pk)["un-norms"])
    one = running.start(lead, operation, form, "2026", framework="un-norms")
    sheet = answered(lead, one, "Ruritania", {"N-f.challenges": "first-words"})
    published(lead, sheet)
    answering.take_again(sheet)
    answering.hand_in(sheet, Sensitivity.SEVERE, "", "")
    published(lead, sheet)
    told = client.get("/sample/registry/data/registry.json").json()["submissions"]
    assert [(row["withdrawn_at"] is not None, row["challenges"]) for row in told] == [(True, None)]
    later = running.start(lead, operation, form, "2028", framework="un-norms")
    wide = answered(lead, later, "Freedonia", {"N-f.status": "partial"})
    published(lead, wide)
    last = running.start(lead, operation, form, "2030", framework="un-norms")
    narrow, _ = link(lead, last, "Freedonia")
    fill(narrow, {"N-f.status": "in-place"})
    answering.hand_in(narrow, Sensitivity.SEVERE, "", "")
    published(lead, narrow)
    rows = client.get("/sample/registry/data/registry.json").json()["submissions"]
    assert [(row["status"], row["latest"]) for row in rows if row["actor"] == "freedonia"] == [("partial", True)]
    client.force_login(lead)
    told = client.get("/sample/registry/norms/un-norms/").content.decode()
    assert "in place: 1" in told
    assert "partly in place" not in told, "the team reads the last, and counts one"


def test_whether_a_statement_was_withdrawn_or_given_to_fewer_nobody_else_can_tell(
    client: Client, operation: Operation, lead: Person
) -> None:
    watch(operation, lead)
    form = build.survey_form(frameworks(operation.pk)["un-norms"])
    one = running.start(lead, operation, form, "2026", framework="un-norms")
    fewer, gone = (answered(lead, one, name, {"N-f.status": "planned"}) for name in ("Ruritania", "Freedonia"))
    for sheet in (fewer, gone):
        published(lead, sheet)
    answering.take_again(fewer)
    answering.hand_in(fewer, Sensitivity.SEVERE, "", "")
    published(lead, fewer)
    answering.withdraw(gone)
    own = {"ref", "actor", "actor_name", "published_at", "withdrawn_at"}
    rows = client.get("/sample/registry/data/registry.json").json()["submissions"]
    told = [{name: value for name, value in row.items() if name not in own} for row in rows]
    assert told[0] == told[1], "“latest: false” would say that there is a later one for others"
    page = client.get("/sample/registry/norms/un-norms/N-f/").content.decode()
    assert ("Ruritania" in page, "Freedonia" in page) == (True, True)


def test_nobody_new_comes_to_be_where_no_link_does(client: Client, operation: Operation, lead: Person) -> None:
    one = stocktaking(watch(operation, lead), lead)
    running.close(lead, one)
    client.force_login(lead)
    client.post(f"/sample/desk/registry/rounds/{one.ref}/invite/", {"new_actor": "Late", "count": "1"})
    assert not operation.actors.filter(name="Late").exists()


def test_a_change_is_as_sensitive_as_the_stricter_of_its_waves(
    client: Client, operation: Operation, lead: Person
) -> None:
    watch(operation, lead)
    for title, level in (("wave-kept", Sensitivity.SEVERE), ("wave-open", Sensitivity.LOW)):
        one = running.start(lead, operation, STOCK, title, results_for=level)
        levels(lead, one, "Agency", (0, 1, 2, 3, 4))
        running.close(lead, one)
        running.publish_results(lead, one)
    told = client.get(f"/sample/registry/rounds/{one.ref}/").content.decode()
    assert ("median" in told.lower(), "wave-kept" in told, "Since" in told) == (True, False, False)
