"""What all members are told of a round of pings is written down once, when it is over."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contacts', '0005_typed_in_and_thrown_away'),
    ]

    operations = [
        migrations.AddField(
            model_name='campaign',
            name='told',
            field=models.JSONField(null=True),
        ),
    ]
