import math

from django.db import migrations

KM_PER_DEGREE = 111.2  # of latitude, on a globe of 6,371 km


def wide_enough(apps, schema_editor):
    """A commune's radius, doubled until the place lies within: it was the gazetteer's, and some places lie outside."""
    events = apps.get_model("events", "Event").objects.using(schema_editor.connection.alias)
    placed = events.filter(commune_lon__isnull=False, lon__isnull=False, commune_radius_m__gt=0)
    columns = ("pk", "lon", "lat", "commune_lon", "commune_lat", "commune_radius_m")
    for pk, lon, lat, seat_lon, seat_lat, radius_m in placed.order_by().values_list(*columns).iterator():
        east = (seat_lon - lon + 180) % 360 - 180
        away = math.hypot(east * math.cos(math.radians(lat)), seat_lat - lat) * KM_PER_DEGREE * 1000
        if away > radius_m:
            wider = radius_m << math.ceil(math.log2(away / radius_m))
            events.filter(pk=pk).update(commune_radius_m=wider)


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0003_handling'),
    ]

    operations = [
        migrations.RunPython(wide_enough, migrations.RunPython.noop),
    ]
