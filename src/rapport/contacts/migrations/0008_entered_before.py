"""Whoever was entered as one of a party's people before anybody was asked speaks for it, as until now."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone

#: Roles of a network's team, as they were then: nobody who holds one speaks for a party.
TEAM = ("lead", "custodian")


def confirm(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    belongings = apps.get_model("accounts", "Belonging").objects.filter(operation__kind="network")
    actors, now = apps.get_model("registry", "Actor").objects, timezone.now()
    works = apps.get_model("accounts", "Membership").objects.filter(role__in=TEAM)
    made = apps.get_model("contacts", "Representative")
    for one in belongings.iterator():
        if works.filter(person=one.person_id, operation=one.operation_id).exists():
            continue
        for actor in actors.filter(operation=one.operation_id, organisation=one.organisation_id):
            made.objects.create(
                actor=actor, person_id=one.person_id, belonging=one, entered_at=one.created_at, confirmed_at=now
            )


class Migration(migrations.Migration):
    dependencies = [("contacts", "0007_representatives")]
    operations = [migrations.RunPython(confirm, migrations.RunPython.noop)]
