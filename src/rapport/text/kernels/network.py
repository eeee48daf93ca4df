"""labels.network's answers, text by text: a product of matrices rounds by the size of the batch, this does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rapport.text.kernels.compiled import compiled

Array = npt.NDArray[Any]


@compiled
def answers(
    added: Array, middle: Array, spread: Array, into: Array, into_bias: Array, out: Array, out_bias: Array, made: Array
) -> None:
    """Fill `made` (texts, labels; float32); the others as in labels.network.Network. Four rows at a time: what is
    added up is then fetched and put back a quarter as often."""
    labels, units = into.shape
    own = np.empty(units, np.float32)
    read = np.empty(labels, np.float32)
    awake = np.empty(units, np.int64)
    for row in range(len(added)):
        for label in range(labels):
            read[label] = (added[row, label] - middle[label]) / spread[label]
        own[:] = into_bias
        fours = labels - labels % 4
        for at in range(0, fours, 4):
            a, b, c, d = into[at], into[at + 1], into[at + 2], into[at + 3]
            of_a, of_b, of_c, of_d = read[at], read[at + 1], read[at + 2], read[at + 3]
            for unit in range(units):
                own[unit] += (of_a * a[unit] + of_b * b[unit]) + (of_c * c[unit] + of_d * d[unit])
        for at in range(fours, labels):
            a, of_a = into[at], read[at]
            for unit in range(units):
                own[unit] += of_a * a[unit]
        count = 0
        for unit in range(units):
            if own[unit] > 0:
                awake[count] = unit
                count += 1
        answer = made[row]
        answer[:] = out_bias
        fours = count - count % 4
        for at in range(0, fours, 4):
            a, b, c, d = out[awake[at]], out[awake[at + 1]], out[awake[at + 2]], out[awake[at + 3]]
            of_a, of_b, of_c, of_d = own[awake[at]], own[awake[at + 1]], own[awake[at + 2]], own[awake[at + 3]]
            for label in range(labels):
                answer[label] += (of_a * a[label] + of_b * b[label]) + (of_c * c[label] + of_d * d[label])
        for at in range(fours, count):
            a, of_a = out[awake[at]], own[awake[at]]
            for label in range(labels):
                answer[label] += of_a * a[label]
