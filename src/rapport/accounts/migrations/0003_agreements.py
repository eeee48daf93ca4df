"""People belong to organisations by operation: whoever had one belongs to it where they hold a role."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def belong(apps: Any, schema_editor: Any) -> None:
    belonging = apps.get_model("accounts", "Belonging")
    roles = apps.get_model("accounts", "Membership").objects.filter(person__organisation__isnull=False)
    held = roles.order_by().values_list("person_id", "person__organisation_id", "operation_id").distinct()
    belonging.objects.bulk_create(
        belonging(person_id=person, organisation_id=organisation, operation_id=operation)
        for person, organisation, operation in held
    )


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_initial'),
        ('operations', '0005_retention'),
    ]

    operations = [
        migrations.CreateModel(
            name='Belonging',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.AddField(
            model_name='invitation',
            name='organisation',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to='accounts.organisation'),
        ),
        migrations.AddField(
            model_name='organisation',
            name='kind',
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name='organisation',
            name='sectors',
            field=models.JSONField(default=list),
        ),
        migrations.AlterField(
            model_name='invitation',
            name='role',
            field=models.CharField(blank=True, choices=[('volunteer', 'volunteer'), ('translator', 'translator'), ('verifier', 'verifier'), ('lead', 'lead'), ('custodian', 'custodian'), ('admin', 'admin')], max_length=16),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('organisation__isnull', False), ('role', '')), models.Q(models.Q(('role', ''), _negated=True), ('organisation', None)), _connector='OR'), name='role_or_organisation'),
        ),
        migrations.AddField(
            model_name='belonging',
            name='operation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='belongings', to='operations.operation'),
        ),
        migrations.AddField(
            model_name='belonging',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='belongings', to='accounts.organisation'),
        ),
        migrations.AddField(
            model_name='belonging',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='belongings', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='belonging',
            constraint=models.UniqueConstraint(fields=('person', 'organisation', 'operation'), name='one_belonging'),
        ),
        migrations.RunPython(belong, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name='person',
            name='organisation',
        ),
    ]
