"""The peer of the text chain: language, near-duplicates and 35 labels of the same posts, with well-known libraries.

Run by the Python of an environment with bench/peer-text.txt, which has no rapport: `python -I FILE CORE POSTS`. POSTS
is a JSON file with the lists "warm_up" and "posts". It reads a command a line and answers with a line of JSON.

Each library is asked in its own quickest way: a batch where it takes one, byte pieces hashed by CRC-32, all models
read before the clock starts; one thread each, which the environment sets. Its labels mean nothing: the weights are
drawn, as many and as large as those of 35 linear models, for a product takes as long with any.
"""

from __future__ import annotations

import json
import os
import sys
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from datasketch import MinHash, MinHashLSH
from lingua import Language, LanguageDetectorBuilder
from sklearn.feature_extraction.text import HashingVectorizer

_LABELS, _BUCKETS = 35, 1 << 18
_PIECE, _BINS, _SAME = 6, 64, 0.5  # bytes of a piece, values of a signature, likeness of near-duplicates
_SEED = 7


class Peer:
    def __init__(self) -> None:
        every = LanguageDetectorBuilder.from_all_languages()
        few = LanguageDetectorBuilder.from_languages(Language.ENGLISH, Language.FRENCH, Language.SPANISH)
        self._detectors = {
            name: builder.with_low_accuracy_mode().with_preloaded_language_models().build()
            for name, builder in (("all", every), ("few", few))
        }
        said: dict[str, Any] = {"n_features": _BUCKETS, "dtype": np.float32, "alternate_sign": False}
        self._vectorizers = (
            HashingVectorizer(analyzer="char_wb", ngram_range=(3, 5), **said),
            HashingVectorizer(analyzer="word", ngram_range=(1, 2), **said),
        )
        rng = np.random.default_rng(_SEED)
        self._weights = [rng.standard_normal((_BUCKETS, _LABELS), np.float32) for _ in self._vectorizers]

    def read(self, posts: Sequence[str], languages: str) -> dict[str, float]:
        """Seconds of each part. `languages`: "all" that lingua knows, or "few", those of the sample operation."""
        parts: dict[str, Callable[[], object]] = {
            "language": lambda: self._detectors[languages].detect_languages_in_parallel_of(posts),
            "near_duplicates": lambda: _near_duplicates(posts),
            "labels": lambda: self._labels(posts),
        }
        took = {}
        for name, part in parts.items():
            began = time.perf_counter()
            part()
            took[name] = time.perf_counter() - began
        return took

    def _labels(self, posts: Sequence[str]) -> Any:
        """Which labels each bears, bool (posts, 35)."""
        pairs = zip(self._vectorizers, self._weights, strict=True)
        return sum(vectorizer.transform(posts) @ weights for vectorizer, weights in pairs) > 0


def _near_duplicates(posts: Sequence[str]) -> list[list[int]]:
    """Of each post, those before it that it may be a copy of."""
    known = MinHashLSH(threshold=_SAME, num_perm=_BINS)
    found = []
    signatures = MinHash.generator(map(_pieces, posts), num_perm=_BINS, hashfunc=zlib.crc32)
    for number, signature in enumerate(signatures):
        found.append(known.query(signature))
        known.insert(number, signature, check_duplication=False)
    return found


def _pieces(post: str) -> set[bytes]:
    data = post.lower().encode()
    return {data[at : at + _PIECE] for at in range(max(1, len(data) - _PIECE + 1))}


def main() -> None:
    if sys.argv[1]:
        os.sched_setaffinity(0, {int(sys.argv[1])})
    given = json.loads(Path(sys.argv[2]).read_text("utf-8"))
    peer = Peer()
    for languages in ("all", "few"):
        peer.read(given["warm_up"], languages)
    print(json.dumps({}), flush=True)
    for line in sys.stdin:
        print(json.dumps(peer.read(given["posts"], line.strip())), flush=True)


if __name__ == "__main__":
    main()
