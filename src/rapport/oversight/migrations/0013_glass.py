
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('operations', '0005_retention'),
        ('oversight', '0012_agreements'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='decision',
            name='kind',
            field=models.CharField(choices=[('accept', 'accepted as a new event'), ('attach', 'attached to an event'), ('reject', 'rejected'), ('translate', 'translated'), ('edit', 'edited'), ('publish', 'changed publication'), ('verify', 'changed status'), ('sign', 'signed a standing order'), ('revoke', 'revoked a standing order'), ('merge', 'merged two events'), ('split', 'split an event'), ('respond', 'changed the response'), ('bulk', 'decided about many at once'), ('prioritise', 'changed the urgency'), ('escalate', 'passed to a verifier'), ('translators', 'passed to the translators'), ('trust', 'changed the trust in a sender'), ('ask', 'asked the sender'), ('show_file', 'changed who sees a file'), ('withdraw', 'rolled an import back'), ('sending', 'stopped or resumed sending'), ('invite', 'invited somebody'), ('uninvite', 'revoked an invitation'), ('grant', 'gave a role'), ('dismiss', 'took a role away'), ('make_key', 'made a key'), ('end_key', 'revoked a key'), ('source', 'changed a way in'), ('account', 'changed an account'), ('model', 'chose a model'), ('name_place', 'added the name of a place'), ('no_place', 'took the name of a place away'), ('protocol', 'changed the protocol'), ('agreement', 'changed an agreement with a partner'), ('organisation', 'changed an organisation, or who belongs to it'), ('destroy', 'had what somebody sent destroyed'), ('hold', 'held something from destruction'), ('let_go', 'ended a hold from destruction'), ('break_glass', 'broke the glass'), ('mend_glass', 'ended a broken glass'), ('stop_function', 'stopped an automated function'), ('resume_function', 'resumed an automated function'), ('answer_contest', 'answered somebody who contested'), ('undo', 'undid')], max_length=16),
        ),
        migrations.AlterField(
            model_name='ledgerentry',
            name='kind',
            field=models.CharField(choices=[('decision', 'a decision'), ('release', 'a release to a named reader'), ('policy', 'a change of who may see what'), ('retention', 'something was destroyed on schedule'), ('sign_in', 'a sign-in'), ('glass', 'a broken glass')], max_length=16),
        ),
        migrations.CreateModel(
            name='Glass',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('report_id', models.BigIntegerField(null=True)),
                ('event_id', models.BigIntegerField(null=True)),
                ('at', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('looks', models.PositiveIntegerField(default=0)),
                ('last_look', models.DateTimeField(null=True)),
                ('decision', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='glass', to='oversight.decision')),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('operation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='glasses', to='operations.operation')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='GlassNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seen_at', models.DateTimeField(null=True)),
                ('glass', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notices', to='oversight.glass')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddIndex(
            model_name='glass',
            index=models.Index(fields=['operation', '-id'], name='glass_operation'),
        ),
        migrations.AddConstraint(
            model_name='glass',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('event_id__isnull', False), ('report_id__isnull', True)), models.Q(('event_id__isnull', True), ('report_id__isnull', False)), _connector='OR'), name='glass_of_one_thing'),
        ),
        migrations.AddIndex(
            model_name='glassnotice',
            index=models.Index(condition=models.Q(('seen_at__isnull', True)), fields=['person'], name='glass_notice_unseen'),
        ),
        migrations.AddConstraint(
            model_name='glassnotice',
            constraint=models.UniqueConstraint(fields=('glass', 'person'), name='one_glass_notice'),
        ),
    ]
