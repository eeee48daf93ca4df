
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reports', '0012_refs_of_files'),
    ]

    operations = [
        migrations.AlterField(
            model_name='report',
            name='standing',
            field=models.CharField(choices=[('waiting', 'on the desk'), ('in_event', 'part of an event'), ('rejected', 'rejected'), ('withdrawn', 'withdrawn'), ('taken', 'taken up elsewhere'), ('destroyed', 'destroyed before anybody decided')], default='waiting', max_length=10),
        ),
    ]
