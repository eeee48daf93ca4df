"""A stream of posts to measure the chain's speed on: the disaster messages, and more than half as many reposts of them.

Few texts are passed on very often and most never, as in real streams: which one a repost repeats is drawn from a Pareto
distribution. The same posts every time.
"""

from __future__ import annotations

import random

from rapport.text.evaluation.messages import Messages

_SEED, _REPOSTS, _SHAPE = 7, 0.55, 0.6


def posts(messages: Messages) -> list[str]:
    """52,560 posts of 33,910 texts, mean 128 characters."""
    texts = messages.texts()
    rng = random.Random(_SEED)  # noqa: S311, drawn the same every time
    reposts = [
        f"RT @u{rng.randint(1, 9999)}: {texts[int(rng.paretovariate(_SHAPE)) % len(texts)]}"
        for _ in range(int(_REPOSTS * len(texts)))
    ]
    stream = texts + reposts
    rng.shuffle(stream)
    return stream
