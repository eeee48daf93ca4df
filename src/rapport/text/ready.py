"""The text engine made ready ahead: compiled, where this machine has not done so yet, and its models read.

The first time takes up to half a minute on a machine, later half a second a process. Server and worker begin together:
one goes through the stages from the first on, the other from the last, and each finds compiled what the other has come
to before. Whoever must answer at once asks whether it is being made ready, and does without it then.
"""

from __future__ import annotations

import threading

_preparing = threading.Event()


def prepare(*, last_first: bool = False) -> None:
    """Let one message go through all stages. The answers of those that are tried last to first, as the worker does it,
    are thrown away; near-duplicates, which only the worker looks for, are among these."""
    _preparing.set()
    try:
        import polars as pl

        from rapport.text import chain, personal, signature
        from rapport.text.columns import Texts
        from rapport.text.groups import Window
        from rapport.text.knowledge import Knowledge
        from rapport.text.places import Gazetteer

        one = pl.DataFrame({"id": [0], "text": ["pa gen dlo"]}, schema={"id": pl.Int64, "text": pl.String})
        knowledge = Knowledge(("ht", "en"), Gazetteer([]))
        if last_first:
            personal.spans(Texts.of(one["text"]))
            read = chain.Batch.of(one["text"])
            chain.named_places(read, [""], knowledge)
            window = Window()
            numbers = window.add(read.plain, signature.read(signature.signatures(read.plain))).numbers
            window.near_all(numbers)
        chain.analyse(one, knowledge)
    finally:
        _preparing.clear()


def preparing() -> bool:
    return _preparing.is_set()
