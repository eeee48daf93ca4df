"""From a report to the later ones that say nearly the same; and the kind of suggestion that nobody wrote is gone."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models.fields.json import KT
from django.db.models.functions import Cast


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    near = apps.get_model("reports", "Suggestion").objects.filter(kind="near_duplicate")
    near.update(named=Cast(KT("value__report"), models.BigIntegerField()))


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0007_overload"),
    ]

    operations = [
        migrations.AlterField(
            model_name="suggestion",
            name="kind",
            field=models.CharField(
                choices=[
                    ("language", "language"),
                    ("place", "place"),
                    ("category", "category"),
                    ("near_duplicate", "near-duplicate"),
                ],
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="suggestion",
            name="named",
            field=models.BigIntegerField(editable=False, null=True),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="suggestion",
            index=models.Index(
                condition=models.Q(named__isnull=False), fields=["named"], name="suggestion_named"
            ),
        ),
    ]
