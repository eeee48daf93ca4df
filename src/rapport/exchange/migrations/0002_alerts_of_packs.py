
from django.db import migrations, models


def same_audience(apps, schema_editor):
    apps.get_model("exchange", "Pack").objects.update(alerts_for=models.F("audience"))


class Migration(migrations.Migration):

    dependencies = [
        ('exchange', '0001_packs'),
        ('operations', '0007_alerts'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='pack',
            name='one_pack_number',
        ),
        migrations.AddField(
            model_name='pack',
            name='alerts_for',
            field=models.CharField(default='', max_length=60),
        ),
        # Whoever took packs before goes on with its numbers.
        migrations.RunPython(same_audience, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='pack',
            constraint=models.UniqueConstraint(fields=('operation', 'audience', 'alerts_for', 'number'), name='one_pack_number'),
        ),
    ]
