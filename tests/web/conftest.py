"""Which of these tests run on PostgreSQL with every change: those of what speaks to the database in a way of its own.

The others say the same on either database, by the ORM's plain queries; they run on PostgreSQL in the soak.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

HERE = Path(__file__).parent
#: File, and what in it one database may do otherwise than another.
OWN_WAY: Mapping[str, str] = {
    "test_api.py": "rows written in plain SQL, those that are there already passed over",
    "test_keep.py": "the same, in turns, with a full disk",
    "test_gateways.py": "the same, for one message",
    "test_limits.py": "counts kept without a write for each",
    "test_understand.py": "suggestions written in plain SQL, dates and JSON read back",
    "test_import_run.py": "rows taken in by thousands, numbered from a sequence",
    "test_import_rollback.py": "rows taken back by thousands",
    "test_operation_load.py": "an operation changed under locks, its places in one go",
    "test_extra_fields.py": "answers in columns of JSON",
    "test_names.py": "names compared by letters of any script",
    "test_desk_actions.py": "decisions under locks of rows",
    "test_desk_many.py": "the same, of many at once",
    "test_desk_alike.py": "what hangs together, by a query that calls itself",
    "test_desk_queue.py": "the order of the queue and the index that gives it",
    "test_desk_leases.py": "rows that somebody holds are passed over",
    "test_desk_late.py": "what was left, counted by day and language",
    "test_desk_orders.py": "effects of orders written in bulk",
    "test_policy_forms.py": "the policy as a query, the release log in SQL",
    "test_only_counted.py": "totals of what may not be shown",
    "test_due.py": "moments compared in the database",
    "test_given.py": "what was given, written after the answer's transaction",
    "test_glass.py": "hours that end by the database's clock",
    "test_ledger.py": "the ledger sealed under a lock, its rows altered by plain SQL",
    "test_retention.py": "what is destroyed, row by row in plain SQL",
    "test_switches.py": "a stop that other processes see",
    "test_notify_send.py": "messages claimed by one worker each",
    "test_doctor.py": "what only a database can say of itself",
    "test_peers.py": "one message that comes eight times at once",
    "test_backup.py": "rows copied from one database to another",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == HERE and item.path.name not in OWN_WAY:
            item.add_marker(pytest.mark.either)
