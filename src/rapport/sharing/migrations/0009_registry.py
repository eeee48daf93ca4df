
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sharing', '0008_named_releases_of_alerts'),
    ]

    operations = [
        migrations.AlterField(
            model_name='namedrelease',
            name='kind',
            field=models.CharField(default='event', max_length=12),
        ),
    ]
