
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('operations', '0005_retention'),
        ('sharing', '0002_protocols'),
    ]

    operations = [
        migrations.CreateModel(
            name='NamedRelease',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event_id', models.BigIntegerField()),
                ('organisation', models.CharField(blank=True, max_length=60)),
                ('key', models.CharField(blank=True, max_length=100)),
                ('person_id', models.BigIntegerField(default=0)),
                ('audience', models.CharField(max_length=60)),
                ('purpose', models.CharField(max_length=8)),
                ('protocol', models.CharField(max_length=121)),
                ('rules', models.TextField(blank=True)),
                ('left', models.JSONField(default=dict)),
                ('digest', models.CharField(max_length=64)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('operation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='named_releases', to='operations.operation')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('event_id', 'organisation', 'key', 'person_id', 'digest'), name='one_named_release')],
            },
        ),
    ]
