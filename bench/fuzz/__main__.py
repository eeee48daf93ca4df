"""`make fuzz`: each reader, in a process of its own, is given damaged files until its seconds are up.

A fault is any exception that the reader does not document, more than 5 s for one input, more than 500 MB for one below
1 MB, or the end of the process. What did it stays in build/fuzz/ and becomes a case of the reader's own tests.
`python -m bench.fuzz --reader cap --seconds 60`; with `--seed` a run is the same again.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import random
import resource
import subprocess
import sys
import time
import traceback
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.fuzz.readers import DOCUMENTED, READERS, Reader

FAULTS = Path(__file__).resolve().parents[2] / "build" / "fuzz"
SLOW_S, LARGE_MB, SMALL = 5.0, 500, 1_000_000  # bytes
#: Seconds that a process may take beyond its own before it is ended: an input holds it.
PATIENCE_S = 60
_TOLD = 10  # faults of a kind that are written down


def main() -> int:
    given = argparse.ArgumentParser(prog="bench.fuzz", description=__doc__)
    given.add_argument("--reader", choices=sorted(READERS), action="append", help="only these")
    given.add_argument("--seconds", type=float, default=10.0, help="of each reader")
    given.add_argument("--seed", type=int, default=0, help="of the damage; 0 is another one each time")
    given.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    said = given.parse_args()
    if said.inside:
        print(json.dumps(Trial(said.reader[0], said.seed).run(said.seconds)))
        return 0
    seed = said.seed or random.SystemRandom().randrange(1, 2**32)
    faults = 0
    for name in said.reader or READERS:
        found = outside(name, said.seconds, seed)
        faults += found["faults"]
        for figure, (value, unit, better) in {
            "inputs": (found["inputs"], "inputs", "higher"),
            "faults": (found["faults"], "faults", "lower"),
            "slowest": (found["slowest_ms"], "ms", "lower"),
        }.items():
            aim = {"faults": 0, "slowest": int(SLOW_S * 1000)}.get(figure)
            print(json.dumps({"name": f"{name}: {figure}", "value": value, "unit": unit, "aim": aim, "better": better}))
    print(f"seed {seed}; {faults} faults{f', in {FAULTS}' if faults else ''}", file=sys.stderr)
    return 1 if faults else 0


def outside(name: str, seconds: float, seed: int) -> dict[str, Any]:
    """One reader in a process of its own. One that dies or hangs is a fault, and its last input is kept."""
    command = [sys.executable, "-m", "bench.fuzz", "--inside", "--reader", name, "--seed", str(seed)]
    try:
        done = subprocess.run(
            [*command, "--seconds", str(seconds)], stdout=subprocess.PIPE, timeout=seconds + PATIENCE_S, check=True
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        kept = FAULTS / f"{name}-last"
        print(f"{name}: {type(error).__name__}; its last input is {kept}", file=sys.stderr)
        return {"inputs": 0, "faults": 1, "slowest_ms": None}
    found: dict[str, Any] = json.loads(done.stdout)
    return found


class Trial:
    """What became of one reader. The input at hand lies in a file, so that it is known if the process dies of it."""

    def __init__(self, name: str, seed: int) -> None:
        self._name, self._reader = name, READERS[name]
        self._chance = random.Random(f"{seed} {name}")
        self._last = FAULTS / f"{name}-last"
        self._inputs = self._faults = 0
        self._slowest = 0.0

    def run(self, seconds: float) -> dict[str, Any]:
        FAULTS.mkdir(parents=True, exist_ok=True)
        seeds = self._reader.seeds()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._try(damaged(self._chance, seeds, self._reader))
        self._last.unlink()
        return {"inputs": self._inputs, "faults": self._faults, "slowest_ms": round(self._slowest * 1000)}

    def _try(self, data: bytes) -> None:
        self._last.write_bytes(data)
        self._inputs += 1
        before, begun = peak_mb(), time.monotonic()
        said = fault(self._reader.read, data)
        took, grew = time.monotonic() - begun, peak_mb() - before
        self._slowest = max(self._slowest, took)
        if took > SLOW_S:
            said = f"{took:.1f} s\n{said}"
        if grew > LARGE_MB and len(data) < SMALL:
            said = f"{grew} MB\n{said}"
        if said:
            self._faults += 1
            if self._faults <= _TOLD:
                kept = FAULTS / f"{self._name}-{hashlib.sha256(data).hexdigest()[:12]}"
                kept.write_bytes(data)
                kept.with_suffix(".txt").write_text(said, errors="backslashreplace")


def fault(read: Callable[[bytes], object], data: bytes) -> str:
    """What the reader raised and does not document; "" if it read or refused. A panic of Rust is no Exception."""
    try:
        read(data)
    except DOCUMENTED:
        return ""
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - whatever it is, it is what is looked for
        return traceback.format_exc()
    return ""


def peak_mb() -> int:
    """The most that this process or one that it waited for has taken."""
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) // 1024


# --- damage --------------------------------------------------------------------------------------------------------


def damaged(chance: random.Random, seeds: Sequence[bytes], reader: Reader) -> bytes:
    """A whole file with some of it changed, cut out, doubled, or replaced by what means something; of an archive mostly
    a part, so that it still opens."""
    data = chance.choice(seeds)
    if data.startswith(b"PK") and chance.random() < 0.7:
        return _within(chance, data, seeds, reader)
    return _spoilt(chance, data, seeds, reader)


def _within(chance: random.Random, archive: bytes, seeds: Sequence[bytes], reader: Reader) -> bytes:
    with zipfile.ZipFile(io.BytesIO(archive)) as whole:
        parts = {one.filename: whole.read(one) for one in whole.infolist()}
    name = chance.choice([one for one in parts if one.startswith("xl/")])
    parts[name] = _spoilt(chance, parts[name], seeds, reader)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as again:
        for one, data in parts.items():
            again.writestr(one, data)
    return made.getvalue()


def _spoilt(chance: random.Random, given: bytes, seeds: Sequence[bytes], reader: Reader) -> bytes:
    data = bytearray(given)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data) + 1)
        to = min(len(data), at + chance.choice((1, 2, 10, 200)))
        match chance.randrange(7):
            case 0 if data:
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            case 1:
                del data[at:to]
            case 2:
                data[at:at] = data[at:to] * chance.choice((1, 2, 50, 2_000))
            case 3:
                data[at:to] = chance.choice(reader.words) * chance.choice((1, 1, 1, 2, 50, 2_000))
            case 4:
                data[at:to] = chance.randbytes(chance.randint(1, 8))
            case 5:
                other = chance.choice(seeds)
                begin = chance.randrange(len(other))
                data[at:to] = other[begin : begin + chance.choice((10, 100, 1_000))]
            case _ if chance.random() < 0.2:
                del data[at:]
    return bytes(data[:SMALL])


if __name__ == "__main__":
    sys.exit(main())
