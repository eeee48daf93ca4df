
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0002_desk_and_import'),
    ]

    operations = [
        migrations.AddField(
            model_name='event',
            name='consent',
            field=models.CharField(choices=[('yes', 'yes'), ('no', 'no'), ('unknown', 'unknown')], default='unknown', max_length=7),
        ),
        migrations.AddField(
            model_name='event',
            name='control',
            field=models.CharField(default='unknown', max_length=60),
        ),
        migrations.AddField(
            model_name='event',
            name='names',
            field=models.CharField(choices=[('yes', 'yes'), ('no', 'no'), ('unknown', 'unknown')], default='unknown', max_length=7),
        ),
        migrations.AddField(
            model_name='event',
            name='organisation',
            field=models.CharField(default='unknown', max_length=60),
        ),
        migrations.AddField(
            model_name='event',
            name='personal_data',
            field=models.CharField(choices=[('yes', 'yes'), ('no', 'no'), ('unknown', 'unknown')], default='unknown', max_length=7),
        ),
        migrations.AddField(
            model_name='event',
            name='shared',
            field=models.TextField(blank=True),
        ),
    ]
