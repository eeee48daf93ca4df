
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('oversight', '0017_registry'),
    ]

    operations = [
        migrations.AlterField(
            model_name='decision',
            name='kind',
            field=models.CharField(choices=[('accept', 'accepted as a new event'), ('attach', 'attached to an event'), ('reject', 'rejected'), ('translate', 'translated'), ('edit', 'edited'), ('publish', 'changed publication'), ('verify', 'changed status'), ('sign', 'signed a standing order'), ('revoke', 'revoked a standing order'), ('merge', 'merged two events'), ('split', 'split an event'), ('respond', 'changed the response'), ('bulk', 'decided about many at once'), ('prioritise', 'changed the urgency'), ('escalate', 'passed to a verifier'), ('translators', 'passed to the translators'), ('trust', 'changed the trust in a sender'), ('ask', 'asked the sender'), ('show_file', 'changed who sees a file'), ('withdraw', 'rolled an import back'), ('sending', 'stopped or resumed sending'), ('invite', 'invited somebody'), ('uninvite', 'revoked an invitation'), ('grant', 'gave a role'), ('dismiss', 'took a role away'), ('make_key', 'made a key'), ('end_key', 'revoked a key'), ('source', 'changed a way in'), ('account', 'changed an account'), ('model', 'chose a model'), ('name_place', 'added the name of a place'), ('no_place', 'took the name of a place away'), ('alert', 'issued an alert'), ('registry', 'changed the registry'), ('contact', 'changed the directory'), ('protocol', 'changed the protocol'), ('agreement', 'changed an agreement with a partner'), ('organisation', 'changed an organisation, or who belongs to it'), ('destroy', 'had what somebody sent destroyed'), ('hold', 'held something from destruction'), ('let_go', 'ended a hold from destruction'), ('break_glass', 'broke the glass'), ('mend_glass', 'ended a broken glass'), ('stop_function', 'stopped an automated function'), ('resume_function', 'resumed an automated function'), ('answer_contest', 'answered somebody who contested'), ('undo', 'undid')], max_length=16),
        ),
        migrations.AlterField(
            model_name='ledgerentry',
            name='kind',
            field=models.CharField(choices=[('decision', 'a decision'), ('release', 'a release to a named reader'), ('policy', 'a change of who may see what'), ('retention', 'something was destroyed on schedule'), ('sign_in', 'a sign-in'), ('glass', 'a broken glass'), ('look', 'a look at how an office is reached'), ('contact', 'what became of a ping, a message or a record of an office')], max_length=16),
        ),
    ]
