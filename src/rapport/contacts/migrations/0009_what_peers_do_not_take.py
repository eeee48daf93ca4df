
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contacts', '0008_entered_before'),
    ]

    operations = [
        migrations.CreateModel(
            name='Barred',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('said', models.CharField(max_length=500)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.AddField(
            model_name='peer',
            name='line_since',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='peer',
            name='strange_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='outbound',
            name='dispatch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='outbound', to='contacts.dispatch'),
        ),
        migrations.AddConstraint(
            model_name='outbound',
            constraint=models.UniqueConstraint(fields=('peer', 'dispatch'), name='one_outbound_dispatch'),
        ),
        migrations.AddField(
            model_name='barred',
            name='peer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='barred', to='contacts.peer'),
        ),
        migrations.AddConstraint(
            model_name='barred',
            constraint=models.UniqueConstraint(fields=('peer', 'number'), name='one_barred'),
        ),
    ]
