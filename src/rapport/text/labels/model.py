"""What messages speak of: a model's rows added up, a small network that knows which labels come together, and what a
score means in each language.

1 A text's grams add up to one sum a label (kernels/grams.py). 2 A network of one hidden layer reads all the sums: who
asks for water mostly asks. Its answer and the sum together are the score. 3 A score becomes a probability by a line
fitted for each label in each language (Platt, 1999), on texts the weights had not been learnt from. A label is given
from its cut on.

Where a language, or a label in it, was not seen often enough to fit such a line, the model abstains: that is an answer
of its own, and no score.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

import numpy as np

from rapport.errors import RapportError
from rapport.text.columns import Array, Texts
from rapport.text.distinct import first_same
from rapport.text.kernels import grams
from rapport.text.kernels.grams import BUCKETS
from rapport.text.kernels.repeats import repeating
from rapport.text.labels.network import Network

#: The model that comes with rapport; its card lies beside it.
SHIPPED = Path(__file__).parents[1] / "models" / "crisis-1.npz"
#: Stands for texts whose language is unsure: fitted on the texts of all languages together.
ANY = "any"
#: How much the plain sum counts beside the network's answer: chosen among 1, 2 and 4, on parts of the training messages
#: and on the validation messages.
SUM_COUNTS = np.float32(1)
_LARGEST = 40_000_000  # bytes of a file that is read as a model


@dataclass(frozen=True, slots=True)
class Model:
    """Shapes: weights (BUCKETS, labels) int8, steps and bias (labels) float32, slopes, offsets and cuts
    (languages, labels) float32. A cut is a probability; NaN where a label is not calibrated."""

    labels: tuple[str, ...]
    languages: tuple[str, ...]
    weights: Array
    steps: Array
    bias: Array
    network: Network
    slopes: Array
    offsets: Array
    cuts: Array
    id: str = ""

    def calibrations(self, languages: Sequence[str]) -> Array:
        """For each text's language the row of `cuts` that holds for it; -1 where the model abstains."""
        rows = {language: row for row, language in enumerate(self.languages)}
        rows[""] = rows.get(ANY, -1)
        return np.array([rows.get(language, -1) for language in languages], np.int64)


@dataclass(frozen=True, slots=True)
class Judged:
    """probabilities: float32 (texts, labels), NaN where the model abstains · given: bool (texts, labels) ·
    calibrations: int64 (texts), the row of the model's languages, -1 where it abstains on the whole text."""

    probabilities: Array
    given: Array
    calibrations: Array


def judged(model: Model, plain: Texts, languages: Sequence[str]) -> Judged:
    """What each of the plain texts speaks of. `languages`: a code for each, "" where unsure. It abstains on a text
    that only repeats itself: twenty times one word adds up to nearly any label."""
    rows = np.where(repeating(plain.data, plain.starts), -1, model.calibrations(languages))
    once, which = _different(plain, rows, len(model.languages))
    own, known = rows[once], np.maximum(rows[once], 0)
    found = scores(model, sums(model, plain.rows(once)))
    cuts = model.cuts[known]
    with np.errstate(over="ignore"):
        probabilities = 1 / (1 + np.exp(-(found * model.slopes[known] + model.offsets[known])))
    probabilities[(own < 0)[:, None] | np.isnan(cuts)] = np.nan
    return Judged(probabilities[which], (probabilities >= cuts)[which], rows)


def _different(plain: Texts, calibrations: Array, languages: int) -> tuple[Array, Array]:
    """The rows of texts that differ, or are judged by another language; and for each text which of them it is."""
    _, once, which = np.unique(
        first_same(plain) * (languages + 1) + calibrations, return_index=True, return_inverse=True
    )
    order = np.argsort(once)  # rising, as Texts.rows wants them
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return once[order], place[which]


def sums(model: Model, plain: Texts) -> Array:
    """The first layer: what each text's grams add up to, float32 (texts, labels)."""
    added = np.empty((len(plain), len(model.labels)), np.int32)
    counts = np.empty(len(plain), np.int32)
    grams.summed(plain.data, plain.starts, model.weights, added, counts)
    made: Array = added * (model.steps / np.sqrt(np.maximum(counts, 1))[:, None]).astype(np.float32) + model.bias
    return made


def scores(model: Model, added: Array) -> Array:
    """The score of each label, of the first layer's sums."""
    made: Array = model.network.answers(added) + SUM_COUNTS * added
    return made


def pulls(model: Model, added: Array, label: int) -> Array:
    """How much the score of one label moves with each sum of one text: float32 (labels). `added`: (labels)."""
    pulled = model.network.pulls(added, label)
    pulled[label] += SUM_COUNTS
    return pulled


# --- files -----------------------------------------------------------------------------------------------------------

_NETWORK = tuple(field.name for field in fields(Network))
_ARRAYS = ("weights", "steps", "bias", "slopes", "offsets", "cuts")


def written(model: Model) -> bytes:
    """The model as a file, equal for equal models."""
    buffer = io.BytesIO()
    named: Mapping[str, Array] = {
        "labels": np.array(model.labels), "languages": np.array(model.languages),
        **{name: getattr(model, name) for name in _ARRAYS},
        **{name: getattr(model.network, name) for name in _NETWORK},
    }  # fmt: skip
    np.savez_compressed(buffer, allow_pickle=False, **named)
    return buffer.getvalue()


def loaded(path: Path) -> Model:
    """The model of a file, read once per process and again if the file changed; its id is the file's name and the
    beginning of its SHA-256. RapportError where the file is none."""
    try:
        state = path.stat()
    except OSError as fault:
        raise RapportError(f"{path} cannot be read: {fault.strerror}. Make a model: rapport text train.") from fault
    return _read(path, state.st_mtime_ns, state.st_size)


#: What numpy and zipfile raise on a file that is something else, was cut or altered.
_NO_MODEL = (OSError, ValueError, TypeError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)


@lru_cache(8)
def _read(path: Path, changed_ns: int, size: int) -> Model:
    try:
        data = path.read_bytes() if size <= _LARGEST else b""
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in _ARRAYS}
            network = Network(**{name: file[name] for name in _NETWORK})
            labels, languages = (tuple(map(str, file[name])) for name in ("labels", "languages"))
    except PermissionError as fault:
        raise RapportError(f"{path} may not be read: let the user that runs rapport read it.") from fault
    except _NO_MODEL as fault:  # its own words are numpy's, and advise what is unsafe
        raise RapportError(
            f"{path} is no model of rapport, or is damaged. Bring it anew from where it was made, or make one: rapport"
            " text train."
        ) from fault
    if arrays["weights"].shape != (BUCKETS, len(labels)) or arrays["cuts"].shape != (len(languages), len(labels)):
        raise RapportError(f"{path} was made by another version of rapport. Make it anew: rapport text train.")
    return Model(
        labels, languages, network=network, **arrays, id=f"{path.stem} {hashlib.sha256(data).hexdigest()[:12]}"
    )
