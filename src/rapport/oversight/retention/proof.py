"""The proof of a run: what it says it did, so that nobody can change that afterwards without its being seen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from rapport.oversight.models import RetentionRun


def digest(before: str, ids: Iterable[str]) -> str:
    """SHA-256 over what was destroyed, on top of what it was before this batch."""
    return hashlib.sha256("\n".join([before, *sorted(ids)]).encode()).hexdigest()


def prove(run: RetentionRun) -> str:
    """SHA-256 over everything that the row of a finished run says; the one place where a proof is made. Of what was
    destroyed it holds ids and counts, no content."""
    said = {
        "run": run.pk,
        "operation": run.operation_id,
        "person": run.person_id,
        "decision": run.decision_id,
        "began_at": run.began_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else "",
        "before": run.before,
        "counts": run.counts,
        "held": run.held,
        "digest": run.digest,
        "new_keys": run.new_keys,
        "retired": run.retired,
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
