"""People decide: triage, translate, merge, verify, undo."""
