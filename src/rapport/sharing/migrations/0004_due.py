
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('operations', '0005_retention'),
        ('sharing', '0003_named_releases'),
    ]

    operations = [
        migrations.CreateModel(
            name='LogLook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('operation', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='log_look', to='operations.operation')),
            ],
        ),
    ]
