
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('operations', '0007_alerts'),
        ('sharing', '0007_what_each_has'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='namedrelease',
            name='one_named_release',
        ),
        migrations.RenameField(
            model_name='namedrelease',
            old_name='event_id',
            new_name='item_id',
        ),
        migrations.AddField(
            model_name='namedrelease',
            name='kind',
            field=models.CharField(default='event', max_length=8),
        ),
        migrations.AddConstraint(
            model_name='namedrelease',
            constraint=models.UniqueConstraint(fields=('kind', 'item_id', 'organisation', 'key', 'person_id', 'digest'), name='one_named_release'),
        ),
    ]
