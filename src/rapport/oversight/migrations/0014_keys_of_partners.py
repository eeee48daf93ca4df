"""Partners' keys from before they stood in the ledger enter it: that they were made, and which were revoked."""

import hashlib
from datetime import datetime
from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from rapport.oversight.ledger import chain


def enter(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    entry = apps.get_model("oversight", "LedgerEntry").objects

    def append(key: Any, became: str, at: datetime, person: dict[str, Any]) -> None:
        text = chain.canonical([key.name, key.start, key.key_hash])  # as it was in this version
        said = {"partner_key": key.pk, "under": key.agreement_id, "digest": hashlib.sha256(text.encode()).hexdigest()}
        body = chain.canonical({"became": became, **person, **said})
        entry.create(kind="policy", operation_id=key.agreement.operation_id, made_at=at, body=body)

    for key in apps.get_model("sharing", "PartnerKey").objects.select_related("agreement").order_by("pk").iterator():
        append(key, "made", key.created_at, {"person": key.made_by_id})
        if key.revoked_at is not None:  # by whom, its decision says
            append(key, "revoked", key.revoked_at, {})


class Migration(migrations.Migration):
    dependencies = [("oversight", "0013_glass"), ("sharing", "0007_what_each_has")]
    operations = [migrations.RunPython(enter, migrations.RunPython.noop)]
