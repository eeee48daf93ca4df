from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('oversight', '0014_keys_of_partners'),
    ]

    operations = [
        migrations.AddField(
            model_name='glass',
            name='reports',
            field=models.JSONField(null=True),
        ),
    ]
