"""Where an attachment's files lie, how often it was tried, and with which event it is shown. There are no rows yet."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reports", "0004_still_as_it_came")]
    operations = [
        migrations.RemoveField("attachment", "published"),
        migrations.AddField(
            "attachment", "stored", models.CharField(max_length=32, unique=True, default=""), preserve_default=False
        ),
        migrations.AddField("attachment", "tries", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField("attachment", "small_size", models.PositiveIntegerField(default=0)),
        migrations.AddField("attachment", "published_in", models.BigIntegerField(null=True)),
        migrations.AddIndex(
            "attachment",
            models.Index(
                fields=["published_in"], name="attachment_published", condition=models.Q(published_in__isnull=False)
            ),
        ),
    ]
