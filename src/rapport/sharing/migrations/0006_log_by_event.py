
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('operations', '0005_retention'),
        ('sharing', '0005_agreements'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='releaseentry',
            index=models.Index(fields=['event_id', 'audience'], name='release_event'),
        ),
    ]
