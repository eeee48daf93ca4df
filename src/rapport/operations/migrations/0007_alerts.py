
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('operations', '0006_licence'),
    ]

    operations = [
        migrations.AddField(
            model_name='operation',
            name='alerts',
            field=models.JSONField(default=dict),
        ),
    ]
