from django.db import migrations, models

#: In place: Django would have SQLite copy the whole table for it, which takes long and loses the trigger that keeps
#: reports as they came.
COLUMN = (
    "ALTER TABLE reports_report ADD COLUMN urgency_heard smallint DEFAULT 0 NOT NULL CHECK (urgency_heard >= 0)",
    "ALTER TABLE reports_report DROP COLUMN urgency_heard",
)


class Migration(migrations.Migration):

    dependencies = [
        ('reports', '0009_one_index_less'),
    ]

    operations = [
        migrations.RunSQL(
            *COLUMN,
            state_operations=[
                migrations.AddField(
                    model_name='report',
                    name='urgency_heard',
                    field=models.PositiveSmallIntegerField(db_default=0),
                ),
            ],
        ),
        migrations.AlterField(
            model_name='suggestion',
            name='kind',
            field=models.CharField(choices=[('language', 'language'), ('place', 'place'), ('category', 'category'), ('near_duplicate', 'near-duplicate'), ('urgency', 'urgency')], max_length=16),
        ),
    ]
