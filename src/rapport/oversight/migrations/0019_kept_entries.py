
import django.db.models.deletion
import django.utils.timezone
import rapport.oversight.models
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('operations', '0007_alerts'),
        ('oversight', '0018_contacts'),
    ]

    operations = [
        migrations.CreateModel(
            name='KeptEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('decision', 'a decision'), ('release', 'a release to a named reader'), ('policy', 'a change of who may see what'), ('retention', 'something was destroyed on schedule'), ('sign_in', 'a sign-in'), ('glass', 'a broken glass'), ('look', 'a look at how an office is reached'), ('contact', 'what became of a ping, a message or a record of an office')], max_length=16)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('body', models.TextField()),
                ('salt', models.CharField(default=rapport.oversight.models.new_salt, max_length=32)),
                ('operation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='operations.operation')),
            ],
        ),
    ]
