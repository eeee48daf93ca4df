
import django.db.models.deletion
import django.utils.timezone
import rapport.events.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('events', '0004_communes_wide_enough'),
        ('operations', '0007_alerts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ref', models.CharField(default=rapport.events.models.new_ref, max_length=8, unique=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('event', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='alerts', to='events.event')),
                ('operation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='warnings', to='operations.operation')),
            ],
        ),
        migrations.CreateModel(
            name='AlertMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(null=True)),
                ('draft', models.JSONField()),
                ('drafted_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('dropped_at', models.DateTimeField(null=True)),
                ('sent', models.DateTimeField(null=True)),
                ('expires', models.DateTimeField(null=True)),
                ('msg_type', models.CharField(choices=[('Alert', 'Alert'), ('Update', 'Update'), ('Cancel', 'Cancel'), ('Ack', 'Ack'), ('Error', 'Error')], max_length=6)),
                ('data', models.BinaryField(null=True)),
                ('bare', models.BooleanField(default=False)),
                ('given_to', models.JSONField(default=list)),
                ('alert', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='alerts.alert')),
                ('drafted_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('issued_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(fields=['operation', '-id'], name='alert_operation'),
        ),
        migrations.AddIndex(
            model_name='alertmessage',
            index=models.Index(fields=['expires'], name='alert_expires'),
        ),
        migrations.AddConstraint(
            model_name='alertmessage',
            constraint=models.UniqueConstraint(fields=('alert', 'version'), name='one_alert_version'),
        ),
        migrations.AddConstraint(
            model_name='alertmessage',
            constraint=models.UniqueConstraint(condition=models.Q(('dropped_at__isnull', True), ('version__isnull', True)), fields=('alert',), name='one_alert_draft'),
        ),
        migrations.AddConstraint(
            model_name='alertmessage',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('data__isnull', True), ('expires__isnull', True), ('sent__isnull', True), ('version__isnull', True)), models.Q(('data__isnull', False), ('expires__isnull', False), ('sent__isnull', False), ('version__isnull', False)), _connector='OR'), name='alert_issued_whole'),
        ),
    ]
