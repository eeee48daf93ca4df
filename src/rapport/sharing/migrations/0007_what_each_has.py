from django.db import migrations, models
from django.db.models import F


def known_for_all_purposes(apps, schema_editor):
    """Until now an entry spoke of all purposes."""
    clocks = apps.get_model("sharing", "ReleaseClock").objects.using(schema_editor.connection.alias)
    clocks.update(view_seq=F("seq"), export_seq=F("seq"), alert_seq=F("seq"), push_seq=F("seq"))


class Migration(migrations.Migration):

    dependencies = [
        ('operations', '0005_retention'),
        ('sharing', '0006_log_by_event'),
    ]

    operations = [
        migrations.AddField(
            model_name='releaseclock',
            name='alert_seq',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='releaseclock',
            name='export_seq',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='releaseclock',
            name='push_seq',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='releaseclock',
            name='view_seq',
            field=models.BigIntegerField(default=0),
        ),
        migrations.RunPython(known_for_all_purposes, migrations.RunPython.noop),
        migrations.AddField(
            model_name='releaseentry',
            name='anew',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='releaseentry',
            name='left',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='releaseentry',
            name='purposes',
            field=models.PositiveSmallIntegerField(default=15),
        ),
        migrations.AddIndex(
            model_name='releaseentry',
            index=models.Index(condition=models.Q(('left', ''), ('retracted', False)), fields=['event_id'], name='release_unread'),
        ),
    ]
