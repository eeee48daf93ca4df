
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('operations', '0005_retention'),
    ]

    operations = [
        migrations.AddField(
            model_name='operation',
            name='licence',
            field=models.JSONField(default=dict),
        ),
    ]
