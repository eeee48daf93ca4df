"""What several agencies have written down is laid side by side, for those who may have all of it."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from rapport.accounts.models import Person
from rapport.operations.models import Operation
from rapport.registry.models import AgencyList

pytestmark = pytest.mark.django_db


def send(client: Client, name: str, data: str, level: str = "low", **more: str) -> int:
    sent = {"file": SimpleUploadedFile(name, data.encode()), "level": level, **more}
    return client.post("/sample/desk/registry/listings/load/", sent).status_code


TABLE = "code,label,lead\nWSH,Water and sanitation,UNICEF\nSHL,Shelter,IFRC\nEDU,Education,UNICEF\n"
OTHER = "code,label,lead\nWSH,Water and sanitation,OXFAM\nSHE,shelter,IFRC\nHEA,Health,WHO\n"
ABOUT = {"title": "Sectors", "kind": "code list", "source": "Its handbook, page 3"}


def test_two_tables_show_what_is_the_same_what_differs_and_what_only_one_has(
    client: Client, operation: Operation, lead: Person
) -> None:
    client.force_login(lead)
    assert send(client, "a.csv", TABLE, slug="agency-a", agency="A", **ABOUT) == 302
    assert send(client, "b.csv", OTHER, slug="agency-b", agency="B", **ABOUT) == 302
    client.logout()
    told = client.get("/sample/registry/side-by-side/").content.decode()
    for words in ("UNICEF", "OXFAM", "only one has it", "Its handbook, page 3"):
        assert words in told
    only = client.get("/sample/registry/side-by-side/?status=only").content.decode()
    assert ("Education" in only, "Health" in only, "OXFAM" in only) == (True, True, False)
    body = client.get("/sample/registry/side-by-side.csv?with=agency-a&with=agency-b").content.decode()
    assert body.count("\r\n") == 1 + 4
    assert client.get("/sample/registry/side-by-side.csv?with=agency-a").status_code == 404


def test_an_empty_value_is_named_and_a_title_keeps_its_direction_for_itself(
    client: Client, operation: Operation, lead: Person
) -> None:
    client.force_login(lead)
    send(client, "a.csv", TABLE.replace("UNICEF", "", 1), slug="agency-a", agency="A", **ABOUT)
    send(client, "b.csv", OTHER, slug="agency-b", agency="B", **{**ABOUT, "title": "قطاعات"})
    told = client.get("/sample/registry/side-by-side/").content.decode()
    assert 'agency-a: <span class="soft">empty</span>' in told, (
        "empty is not missing, and neither is a fault of the page"
    )
    assert "<bdi>B</bdi>: <bdi>قطاعات</bdi> " in told


def test_listings_beyond_eight_are_named_and_not_left_out_in_silence(
    client: Client, operation: Operation, lead: Person
) -> None:
    client.force_login(lead)
    for n in range(1, 10):
        send(client, f"a{n}.csv", TABLE, slug=f"agency-{n}", agency="A", **{**ABOUT, "title": f"List {n}"})
    assert "Left out: <bdi>List 9</bdi></p>" in client.get("/sample/registry/side-by-side/").content.decode()
    few = client.get("/sample/registry/side-by-side/?with=agency-9&with=agency-1").content.decode()
    assert "Left out" not in few


def test_a_listing_for_the_team_is_laid_beside_nothing_for_others(
    client: Client, operation: Operation, lead: Person
) -> None:
    client.force_login(lead)
    send(client, "a.csv", TABLE, slug="agency-a", agency="A", **ABOUT)
    send(client, "b.csv", OTHER, "severe", slug="agency-b", agency="B", **ABOUT)
    assert "OXFAM" in client.get("/sample/registry/side-by-side/").content.decode()
    client.logout()
    told = client.get("/sample/registry/side-by-side/?with=agency-a&with=agency-b").content.decode()
    assert "OXFAM" not in told
    assert client.get("/sample/registry/side-by-side.csv?with=agency-a&with=agency-b").status_code == 404


def test_what_cannot_be_read_keeps_what_there_was_and_says_why(
    client: Client, operation: Operation, lead: Person, volunteer: Person
) -> None:
    client.force_login(lead)
    send(client, "a.csv", TABLE, slug="agency-a", agency="A", **ABOUT)
    for name, data in (("b.csv", "label\nX\n\n"), ("c.toml", "[listing"), ("d.toml", "[listing]\nslug = 1\n")):
        answer = client.post(
            "/sample/desk/registry/listings/load/",
            {"file": SimpleUploadedFile(name, data.encode()), "level": "low", "slug": "agency-a"},
        )
        assert answer.status_code == 422, name
        assert "cannot be loaded" in answer.content.decode()
    one = AgencyList.objects.get(replaced_at=None)
    assert len(one.data["items"]) == 3
    assert client.post(f"/sample/desk/registry/listings/{one.pk}/remove/").status_code == 302
    assert not AgencyList.objects.filter(replaced_at=None).exists()
    other = Client()
    other.force_login(volunteer)
    assert other.post(f"/sample/desk/registry/listings/{one.pk}/remove/").status_code == 403
