"""Decisions from before there was a ledger enter it: each gets a salt of its own and its entry."""

from collections.abc import Iterator
from secrets import token_hex
from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from rapport.oversight.ledger import chain

_TOGETHER = 1000
# As they were in this version; what was entered then is verified by later ones.
COMMITTED = (
    "id", "operation_id", "person_id", "kind", "at", "report_id", "event_id", "other_event_id", "order_id",
    "suggestion_id", "reason", "evidence", "before", "after", "sender_id", "batch_id", "undoes_id",
)  # fmt: skip
NAMED = {
    "decision": "id", "kind": "kind", "person": "person_id", "report": "report_id", "event": "event_id",
    "other_event": "other_event_id", "order": "order_id", "batch": "batch_id", "undoes": "undoes_id",
}  # fmt: skip


def enter(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    entry = apps.get_model("oversight", "LedgerEntry")
    for rows in _parts(apps.get_model("oversight", "Decision")):
        salts = [token_hex(16) for _ in rows]
        with schema_editor.connection.cursor() as cursor:
            numbered = [(salt, row["id"]) for salt, row in zip(salts, rows)]
            cursor.executemany("UPDATE oversight_decision SET salt = %s WHERE id = %s", numbered)
        entry.objects.bulk_create(
            entry(kind="decision", operation_id=row["operation_id"], made_at=row["at"], body=_body(row, salt))
            for salt, row in zip(salts, rows)
        )


def _parts(decision: Any) -> Iterator[list[dict[str, Any]]]:
    last = 0
    while rows := list(decision.objects.filter(pk__gt=last).order_by("pk").values(*COMMITTED)[:_TOGETHER]):
        yield rows
        last = rows[-1]["id"]


def _body(row: dict[str, Any], salt: str) -> str:
    said = chain.commitment({**row, "at": chain.moment(row["at"])}, salt)
    named = {name: row[column] for name, column in NAMED.items() if row[column] is not None}
    return chain.canonical(named | {"commitment": said})


class Migration(migrations.Migration):
    dependencies = [("oversight", "0006_ledger")]
    operations = [migrations.RunPython(enter, migrations.RunPython.noop, elidable=False)]
