from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('intake', '0003_import_rollback'),
        ('operations', '0002_desk_and_import'),
    ]

    operations = [
        migrations.AddField(
            model_name='importmapping',
            name='source',
            field=models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name='+', to='operations.source'),
        ),
    ]
