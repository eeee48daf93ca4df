"""A file that readers get or got is known outside by chance and not by how many files there are."""

import secrets
from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"


def name(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Also those that were taken back: that may be undone."""
    decided = apps.get_model("oversight", "Decision").objects.filter(kind="show_file")
    attachments = apps.get_model("reports", "Attachment").objects
    for number in {after.get("file") for after in decided.values_list("after", flat=True).iterator()}:
        ref = "".join(secrets.choice(_LETTERS) for _ in range(8))
        attachments.filter(pk=number).update(ref=ref)


class Migration(migrations.Migration):
    dependencies = [("reports", "0011_destroyed"), ("oversight", "0013_glass")]
    operations = [
        migrations.AddField(
            model_name="attachment",
            name="ref",
            field=models.CharField(max_length=8, null=True),
        ),
        migrations.RunPython(name, migrations.RunPython.noop),
        # With a condition SQLite makes it in place, without copying the table.
        migrations.AddConstraint(
            model_name="attachment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ref__isnull", False)), fields=("ref",), name="one_attachment_ref"
            ),
        ),
    ]
