"""What people noted of a try is sealed, as what messages say."""

from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from rapport.oversight import keys


def seal(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    attempts = apps.get_model("contacts", "Attempt").objects
    for one in attempts.only("pk", "note").iterator():
        attempts.filter(pk=one.pk).update(note_sealed=keys.seal("contacts", one.note.encode()))


class Migration(migrations.Migration):
    dependencies = [("contacts", "0003_peers")]
    operations = [
        migrations.AddField("attempt", "note_sealed", models.BinaryField(default=b""), preserve_default=False),
        migrations.RunPython(seal),
        migrations.RemoveField("attempt", "note"),
    ]
