"""The extra fields are content too; SQLite loses a trigger whenever Django copies the table. And the queue's order."""

from importlib import import_module
from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

earlier = import_module("rapport.reports.migrations.0002_kept_as_it_came")
CONTENT = (*earlier.CONTENT, "extra")


def guard(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TRIGGER IF EXISTS report_kept_as_it_came")
        changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in CONTENT)
        schema_editor.execute(
            f"CREATE TRIGGER report_kept_as_it_came BEFORE UPDATE ON reports_report WHEN {changed} "
            "BEGIN SELECT RAISE(ABORT, 'a report is kept as it came'); END"
        )
    else:
        schema_editor.execute("DROP TRIGGER report_kept_as_it_came ON reports_report")
        changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in CONTENT)
        schema_editor.execute(
            f"CREATE TRIGGER report_kept_as_it_came BEFORE UPDATE ON reports_report FOR EACH ROW WHEN ({changed}) "
            "EXECUTE FUNCTION report_kept_as_it_came()"
        )


def rank(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Reports from before this version: the longest waiting first, as desk/priority.py counts (hours since 2000)."""
    if schema_editor.connection.vendor == "sqlite":
        hours = "(julianday(received_at) - julianday('2000-01-01')) * 24"
    else:
        hours = "(extract(epoch FROM received_at) - 946684800) / 3600"
    schema_editor.execute(f"UPDATE reports_report SET rank = -({hours})")


class Migration(migrations.Migration):
    dependencies = [("reports", "0003_desk_and_import")]
    operations = [
        migrations.RunPython(rank, migrations.RunPython.noop, elidable=False),
        migrations.RunPython(guard, migrations.RunPython.noop),
    ]
