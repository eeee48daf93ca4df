
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_agreements'),
    ]

    operations = [
        migrations.AlterField(
            model_name='invitation',
            name='role',
            field=models.CharField(blank=True, choices=[('volunteer', 'volunteer'), ('translator', 'translator'), ('verifier', 'verifier'), ('lead', 'lead'), ('custodian', 'custodian'), ('admin', 'admin'), ('duty', 'duty')], max_length=16),
        ),
        migrations.AlterField(
            model_name='membership',
            name='role',
            field=models.CharField(choices=[('volunteer', 'volunteer'), ('translator', 'translator'), ('verifier', 'verifier'), ('lead', 'lead'), ('custodian', 'custodian'), ('admin', 'admin'), ('duty', 'duty')], max_length=16),
        ),
    ]
