
import django.db.models.deletion
import django.utils.timezone
import rapport.events.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0004_contacts'),
        ('notify', '0003_sending'),
        ('operations', '0007_alerts'),
        ('registry', '0003_side_by_side'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Alarm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('many', 'looked at many offices'), ('stopped', 'was stopped')], max_length=8)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('seen_at', models.DateTimeField(null=True)),
                ('operation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='alarms', to='operations.operation')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('seen_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Campaign',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ref', models.CharField(default=rapport.events.models.new_ref, max_length=8, unique=True)),
                ('title', models.CharField(max_length=200)),
                ('opens_at', models.DateTimeField()),
                ('closes_at', models.DateTimeField()),
                ('answer_hours', models.PositiveSmallIntegerField()),
                ('roles', models.JSONField()),
                ('means', models.JSONField()),
                ('inside_hours', models.BooleanField(default=False)),
                ('exercise', models.BooleanField(default=False)),
                ('seed_sealed', models.BinaryField()),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('stopped_at', models.DateTimeField(null=True)),
                ('operation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='campaigns', to='operations.operation')),
                ('started_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('stopped_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Case',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ref', models.CharField(max_length=12)),
                ('exercise', models.BooleanField()),
                ('begun_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('closed_at', models.DateTimeField(null=True)),
                ('begun_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.actor')),
                ('operation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='operations.operation')),
                ('with_actor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.actor')),
            ],
        ),
        migrations.CreateModel(
            name='Dispatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ref', models.CharField(blank=True, max_length=16)),
                ('kind', models.CharField(choices=[('ping', 'Ping'), ('notification', 'Notification'), ('information', 'Request for information'), ('assistance', 'Request for assistance'), ('territory', 'Territory notice'), ('clarification', 'Request for clarification'), ('consultation', 'Request for consultation'), ('reply', 'Reply'), ('correction', 'Correction'), ('withdrawal', 'Withdrawal'), ('closure', 'Closure')], max_length=16)),
                ('marking', models.CharField(choices=[('TLP:CLEAR', 'TLP:CLEAR'), ('TLP:GREEN', 'TLP:GREEN'), ('TLP:AMBER', 'TLP:AMBER'), ('TLP:AMBER+STRICT', 'TLP:AMBER+STRICT'), ('TLP:RED', 'TLP:RED')], max_length=16)),
                ('sealed', models.BinaryField()),
                ('content', models.CharField(blank=True, max_length=64)),
                ('answer', models.CharField(blank=True, choices=[('received', 'Received. This agrees to nothing.'), ('answer', 'Our answer'), ('not-now', 'We cannot discuss this now.'), ('wrong-addressee', 'We are not the right office for this.')], max_length=16)),
                ('next_at', models.DateTimeField(null=True)),
                ('times', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('draft', 'draft'), ('ready', 'waits for a second person'), ('sent', 'sent')], default='draft', max_length=8)),
                ('way', models.CharField(default='here', max_length=8)),
                ('drafted_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('sent_at', models.DateTimeField(null=True)),
                ('known_at', models.DateTimeField(null=True)),
                ('delivered_at', models.DateTimeField(null=True)),
                ('about', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='answered_by', to='contacts.dispatch')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dispatches', to='contacts.case')),
                ('drafted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('released_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Clash',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sealed', models.BinaryField()),
                ('content', models.CharField(max_length=64)),
                ('way', models.CharField(max_length=8)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('dispatch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='clashes', to='contacts.dispatch')),
            ],
        ),
        migrations.CreateModel(
            name='Fired',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('which', models.CharField(max_length=12)),
                ('by', models.CharField(max_length=60)),
                ('due', models.DateTimeField()),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('dispatch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='fired', to='contacts.dispatch')),
            ],
        ),
        migrations.CreateModel(
            name='Handover',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('given_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('note_sealed', models.BinaryField()),
                ('open_refs', models.JSONField(default=list)),
                ('taken_at', models.DateTimeField(null=True)),
                ('actor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.actor')),
                ('given_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('operation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='operations.operation')),
                ('taken_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Heard',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('actor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.actor')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('fired', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='heard', to='contacts.fired')),
            ],
        ),
        migrations.CreateModel(
            name='NetworkFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField()),
                ('digest', models.CharField(max_length=64)),
                ('loaded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('replaced_at', models.DateTimeField(null=True)),
                ('loaded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('operation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='network_files', to='operations.operation')),
            ],
        ),
        migrations.CreateModel(
            name='Nomination',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('sealed', models.BinaryField()),
                ('digest', models.CharField(max_length=64)),
                ('closes', models.BooleanField(default=False)),
                ('why', models.CharField(max_length=300)),
                ('state', models.CharField(choices=[('waiting', 'waits for a second person'), ('approved', 'approved'), ('refused', 'refused'), ('withdrawn', 'withdrawn'), ('replaced', 'replaced')], default='waiting', max_length=10)),
                ('nominated_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('decided_at', models.DateTimeField(null=True)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('nominated_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name='dispatch',
            name='to_record',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contacts.nomination'),
        ),
        migrations.CreateModel(
            name='Office',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('diplomatic', 'diplomatic'), ('technical', 'technical'), ('policy', 'policy')], max_length=12)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('verified_at', models.DateTimeField(null=True)),
                ('valid_from', models.DateField(null=True)),
                ('valid_until', models.DateField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('told', models.CharField(blank=True, max_length=10)),
                ('actor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offices', to='registry.actor')),
                ('operation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='offices', to='operations.operation')),
            ],
        ),
        migrations.AddField(
            model_name='nomination',
            name='office',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='nominations', to='contacts.office'),
        ),
        migrations.CreateModel(
            name='Look',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=10)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('organisation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('office', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='looks', to='contacts.office')),
            ],
        ),
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('network', models.CharField(max_length=60)),
                ('source', models.CharField(max_length=300)),
                ('sealed', models.BinaryField()),
                ('governs', models.BooleanField(default=False)),
                ('entered_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('replaced_at', models.DateTimeField(null=True)),
                ('entered_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('office', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='contacts.office')),
            ],
        ),
        migrations.AddField(
            model_name='dispatch',
            name='sender',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contacts.office'),
        ),
        migrations.AddField(
            model_name='dispatch',
            name='to',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contacts.office'),
        ),
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('target', models.CharField(max_length=80)),
                ('place', models.CharField(blank=True, max_length=8)),
                ('means', models.CharField(blank=True, max_length=8)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('result', models.CharField(blank=True, max_length=12)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('message', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='notify.outboxmessage')),
                ('dispatch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attempts', to='contacts.dispatch')),
                ('record', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contacts.nomination')),
                ('office', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contacts.office')),
            ],
        ),
        migrations.CreateModel(
            name='Ping',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('means', models.CharField(max_length=8)),
                ('place', models.CharField(max_length=8)),
                ('due_at', models.DateTimeField()),
                ('code', models.CharField(max_length=64, null=True, unique=True)),
                ('link', models.CharField(max_length=64, null=True, unique=True)),
                ('sent_at', models.DateTimeField(null=True)),
                ('deadline', models.DateTimeField(null=True)),
                ('answered_at', models.DateTimeField(null=True)),
                ('answered_by', models.CharField(blank=True, max_length=8)),
                ('wrong', models.BooleanField(default=False)),
                ('bounced_at', models.DateTimeField(null=True)),
                ('problem', models.CharField(blank=True, max_length=300)),
                ('outcome', models.CharField(blank=True, max_length=16)),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pings', to='contacts.campaign')),
                ('message', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='notify.outboxmessage')),
                ('nomination', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contacts.nomination')),
                ('office', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pings', to='contacts.office')),
            ],
        ),
        migrations.CreateModel(
            name='Verification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('how', models.CharField(max_length=300)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('nomination', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contacts.nomination')),
                ('office', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='verifications', to='contacts.office')),
            ],
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.UniqueConstraint(fields=('operation', 'ref'), name='one_case'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('begun_by', models.F('with_actor')), _negated=True), name='two_parties'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('exercise', True), ('ref__startswith', 'X-')), models.Q(('exercise', False), models.Q(('ref__startswith', 'X-'), _negated=True)), _connector='OR'), name='exercise_by_ref'),
        ),
        migrations.AddConstraint(
            model_name='clash',
            constraint=models.UniqueConstraint(fields=('dispatch', 'content'), name='one_clash'),
        ),
        migrations.AddConstraint(
            model_name='fired',
            constraint=models.UniqueConstraint(fields=('dispatch', 'which', 'by', 'due'), name='fired_once'),
        ),
        migrations.AddConstraint(
            model_name='handover',
            constraint=models.CheckConstraint(condition=models.Q(('taken_by', None), models.Q(('taken_by', models.F('given_by')), _negated=True), _connector='OR'), name='hands_over_to_another'),
        ),
        migrations.AddConstraint(
            model_name='heard',
            constraint=models.UniqueConstraint(fields=('fired', 'actor'), name='heard_once'),
        ),
        migrations.AddConstraint(
            model_name='networkfile',
            constraint=models.UniqueConstraint(condition=models.Q(('replaced_at', None)), fields=('operation',), name='one_network_file'),
        ),
        migrations.AddConstraint(
            model_name='office',
            constraint=models.UniqueConstraint(fields=('operation', 'actor', 'role'), name='one_office'),
        ),
        migrations.AddConstraint(
            model_name='nomination',
            constraint=models.UniqueConstraint(fields=('office', 'number'), name='one_nomination'),
        ),
        migrations.AddConstraint(
            model_name='nomination',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'approved')), fields=('office',), name='one_approved'),
        ),
        migrations.AddConstraint(
            model_name='nomination',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('office',), name='one_waiting'),
        ),
        migrations.AddConstraint(
            model_name='nomination',
            constraint=models.CheckConstraint(condition=models.Q(('decided_by', None), models.Q(('decided_by', models.F('nominated_by')), _negated=True), ('state', 'withdrawn'), _connector='OR'), name='two_people'),
        ),
        migrations.AddIndex(
            model_name='look',
            index=models.Index(fields=['person', 'at'], name='look_person'),
        ),
        migrations.AddIndex(
            model_name='look',
            index=models.Index(fields=['organisation', 'at'], name='look_organisation'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.UniqueConstraint(condition=models.Q(('replaced_at', None)), fields=('office', 'network'), name='one_entry'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.UniqueConstraint(condition=models.Q(('governs', True), ('replaced_at', None)), fields=('office',), name='one_governs'),
        ),
        migrations.AddIndex(
            model_name='dispatch',
            index=models.Index(fields=['case', 'sent_at'], name='dispatch_case'),
        ),
        migrations.AddConstraint(
            model_name='dispatch',
            constraint=models.UniqueConstraint(condition=models.Q(('ref', ''), _negated=True), fields=('case', 'ref'), name='one_dispatch'),
        ),
        migrations.AddIndex(
            model_name='ping',
            index=models.Index(condition=models.Q(('outcome', ''), ('sent_at', None)), fields=['due_at'], name='ping_due'),
        ),
        migrations.AddIndex(
            model_name='ping',
            index=models.Index(condition=models.Q(('outcome', ''), ('sent_at__isnull', False)), fields=['deadline'], name='ping_open'),
        ),
    ]
