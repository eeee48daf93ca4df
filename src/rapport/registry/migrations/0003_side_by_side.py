
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('operations', '0007_alerts'),
        ('registry', '0002_calls'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AgencyList',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=8)),
                ('slug', models.CharField(max_length=60)),
                ('data', models.JSONField()),
                ('digest', models.CharField(max_length=64)),
                ('level', models.CharField(choices=[('low', 'low'), ('moderate', 'moderate'), ('high', 'high'), ('severe', 'severe')], default='severe', max_length=8)),
                ('loaded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('replaced_at', models.DateTimeField(null=True)),
                ('loaded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('operation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='agency_lists', to='operations.operation')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('replaced_at', None)), fields=('operation', 'kind', 'slug'), name='one_agency_list')],
            },
        ),
    ]
