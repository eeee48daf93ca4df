
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contacts', '0009_what_peers_do_not_take'),
        ('reports', '0013_taken'),
    ]

    operations = [
        migrations.AddField(
            model_name='campaign',
            name='untried',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='ping',
            name='answers',
            field=models.ManyToManyField(related_name='+', to='reports.report'),
        ),
    ]
