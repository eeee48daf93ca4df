
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('operations', '0006_licence'),
    ]

    operations = [
        migrations.CreateModel(
            name='Pack',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('audience', models.CharField(max_length=60)),
                ('number', models.PositiveIntegerField()),
                ('state', models.CharField(max_length=64)),
                ('seq', models.BigIntegerField()),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('operation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='packs', to='operations.operation')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('operation', 'audience', 'number'), name='one_pack_number')],
            },
        ),
    ]
