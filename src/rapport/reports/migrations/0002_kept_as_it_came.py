"""House rule 1 in the database itself: the content of a report is never updated, by whatever code."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

CONTENT = (
    "operation_id", "source_id", "ref", "received_at", "sent_at", "sender_id", "text", "language_said",
    "categories_said", "lon", "lat", "place_said", "fields", "original_sealed",
)  # fmt: skip


def guard(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "sqlite":
        changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in CONTENT)
        schema_editor.execute(
            f"CREATE TRIGGER report_kept_as_it_came BEFORE UPDATE ON reports_report WHEN {changed} "
            "BEGIN SELECT RAISE(ABORT, 'a report is kept as it came'); END"
        )
    else:
        changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in CONTENT)
        schema_editor.execute(
            "CREATE FUNCTION report_kept_as_it_came() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'a report is kept as it came'; END $$"
        )
        schema_editor.execute(
            f"CREATE TRIGGER report_kept_as_it_came BEFORE UPDATE ON reports_report FOR EACH ROW WHEN ({changed}) "
            "EXECUTE FUNCTION report_kept_as_it_came()"
        )


def unguard(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TRIGGER report_kept_as_it_came")
    else:
        schema_editor.execute("DROP TRIGGER report_kept_as_it_came ON reports_report")
        schema_editor.execute("DROP FUNCTION report_kept_as_it_came()")


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial")]
    operations = [migrations.RunPython(guard, unguard)]
