"""A report can be destroyed: its content is emptied for good, and nothing else may be done to it.

Its original is sealed, so the trigger leaves it out: it is sealed anew when keys are changed, and whatever else somebody
wrote there would not open. A destroyed sender's pseudonym begins with ~.
"""

from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

#: column → what is left of it in a destroyed report, on SQLite and on PostgreSQL
EMPTIED = {
    "sent_at": ("IS NULL",) * 2,
    "text": ("= ''",) * 2,
    "language_said": ("= ''",) * 2,
    "categories_said": ("= '[]'", "= '[]'::jsonb"),
    "lon": ("IS NULL",) * 2,
    "lat": ("IS NULL",) * 2,
    "place_said": ("= ''",) * 2,
    "fields": ("= '{}'", "= '{}'::jsonb"),
    "extra": ("= '{}'", "= '{}'::jsonb"),
}
NEVER = ("operation_id", "source_id", "ref", "received_at")


def _changed(sqlite: bool) -> str:
    """When an update is turned away."""
    differs = "NEW.{0} IS NOT OLD.{0}" if sqlite else "NEW.{0} IS DISTINCT FROM OLD.{0}"
    wrong = [differs.format(column) for column in NEVER]
    wrong.append(f"({differs.format('sender_id')} AND coalesce(NEW.sender_id, '') NOT LIKE '~%')")
    for column, emptied in EMPTIED.items():
        left = f"NEW.destroyed_at IS NOT NULL AND NEW.{column} {emptied[0 if sqlite else 1]}"
        wrong.append(f"({differs.format(column)} AND NOT ({left}))")
    wrong.append("(OLD.destroyed_at IS NOT NULL AND NEW.destroyed_at IS NULL)")
    return " OR ".join(wrong)


def guard(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TRIGGER IF EXISTS report_kept_as_it_came")
        schema_editor.execute(
            f"CREATE TRIGGER report_kept_as_it_came BEFORE UPDATE ON reports_report WHEN {_changed(True)} "
            "BEGIN SELECT RAISE(ABORT, 'a report is kept as it came'); END"
        )
    else:
        schema_editor.execute("DROP TRIGGER IF EXISTS report_kept_as_it_came ON reports_report")
        schema_editor.execute(
            "CREATE TRIGGER report_kept_as_it_came BEFORE UPDATE ON reports_report FOR EACH ROW "
            f"WHEN ({_changed(False).replace('%', '%%')}) EXECUTE FUNCTION report_kept_as_it_came()"
        )


class Migration(migrations.Migration):
    dependencies = [("reports", "0010_urgency_heard")]
    operations = [
        migrations.CreateModel(
            name="Silence",
            fields=[
                ("mark", models.CharField(max_length=22, primary_key=True, serialize=False)),
                ("stopped", models.BooleanField(default=False)),
                ("blocked", models.BooleanField(default=False)),
            ],
        ),
        migrations.AddField("sender", "destroyed_at", models.DateTimeField(null=True)),
        migrations.AddField("report", "destroyed_at", models.DateTimeField(null=True)),
        migrations.AlterField(
            "report",
            "standing",
            models.CharField(
                choices=[
                    ("waiting", "on the desk"), ("in_event", "part of an event"), ("rejected", "rejected"),
                    ("withdrawn", "withdrawn"), ("destroyed", "destroyed before anybody decided"),
                ],
                default="waiting",
                max_length=10,
            ),
        ),
        migrations.RunPython(guard, migrations.RunPython.noop),
    ]
