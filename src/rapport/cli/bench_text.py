"""How fast the whole text chain is, and whether its answers depend on how messages were cut into batches.

The stream is text/evaluation/stream.py, the knowledge that of the sample operation. `python -m rapport.cli.bench_text`
is one reader, in a process of its own with one thread: it reads a command a line and answers with a line of JSON. The
peer, bench_text_peer.py, is asked in the same way.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

from rapport.cli.bench_figures import Figure
from rapport.errors import RapportError

BATCH = 5_000
PASSES = 3
_LANGUAGES = ("ht", "fr", "en", "es")
_ONE_THREAD = (
    "POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS"
)  # fmt: skip
_OFFERED_PER_S, _OFFERED_BATCH = 6_000, 1_000
_OURS = (sys.executable, "-m", "rapport.cli.bench_text")
_PEER = Path(__file__).with_name("bench_text_peer.py")
_SHARED = slice(BATCH, 2 * BATCH)  # the posts that both read
_PEER_KNOWS = ("all", "few")  # languages that its lingua tells apart
_STARTS = 3  # of a process, of which the best counts: the first one may find nothing in memory
_CUTS = ((1, 500), (7, 3_500))  # messages a batch, of the first so many
_MEGABYTE = 1_000_000
_HOSTILE = {
    "empty": "", "spaces": " " * _MEGABYTE, "one letter": "a" * _MEGABYTE, "words": "we need water " * 71_000,
    "digits": "1" * _MEGABYTE, "spaced digits": "3 7 " * 250_000, "at signs": "a@" * 500_000, "dots": "a." * 500_000,
    "brackets": "(" * _MEGABYTE, "plus codes": "8FVC9G8F+" * 110_000, "degrees": "18.5, -72.3 " * 83_000,
    "names": "delmas " * 142_000, "emoji": "👩‍👩‍👧" * 60_000, "scripts": "dlo вода ماء 水 නගරය " * 30_000,
    "right to left": "\u202e\u200fماء" * 150_000, "NULs": "\0" * _MEGABYTE, "accents": "a" + "\u0301" * 500_000,
    "invisible": "d\u200bl\u200bo\u200b" * 110_000, "look-alikes": "wаtеr " * 140_000,
    "links": "http://a.b/c " * 77_000,
}  # fmt: skip


def measure(peer: Path | None = None) -> Iterator[Figure]:
    """The figures, one after the other as they are found. `peer`: the Python of the peer's environment; without one,
    what compares with it is left out."""
    with _Reader(core=0) as reader:
        passes = [reader.ask("pass") for _ in range(PASSES)]
        rates = sorted(one["posts"] / one["seconds"] for one in passes)
        yield Figure("posts_per_s_1core", rates[-1], "posts/s, the best pass", "higher", 45_000)
        yield Figure("posts_per_s_1core_median", median(rates), "posts/s", "higher")
        yield Figure("posts_per_cpu_s", max(one["posts"] / one["cpu_seconds"] for one in passes), "posts/s of a core",
                     "higher")  # fmt: skip
    rates = _together()
    yield Figure("posts_per_s_2proc", rates[-1], "posts/s, the best pass", "higher", 65_000)
    yield Figure("posts_per_s_2proc_median", median(rates), "posts/s", "higher")
    with _Reader() as reader:
        waited = reader.ask("offered")
        yield Figure("p99_ms_batch_1000", waited["p99_ms"], "ms", "lower", 50)
        yield Figure("p50_ms_batch_1000", waited["p50_ms"], "ms", "lower")
        yield Figure("rss_mb", reader.ask("memory")["mb"], "MB", "lower", 1_500)
    yield Figure("first_result_s", min(_first_result() for _ in range(_STARTS)), "s", "lower", 3)
    yield Figure("batch_invariance", _differing(), "messages", "lower", 0)
    with _Reader() as reader:
        worst = reader.ask("hostile")
        yield Figure("worst_message_ms", worst["ms"], f"ms ({worst['which']}, {worst['bytes']:,} bytes)", "lower")
    yield from beside(peer)


def beside(peer: Path | None) -> Iterator[Figure]:
    """Ours and the peer in turns on one core, on the same posts; of each its best pass. Ours does all its stages and
    finds near-duplicates, the peer language, near-duplicates and labels."""
    if not peer:
        yield Figure("peer_ratio", None, "times the peer; left out, for no --peer was given", "higher", 10)
        return
    own, others = list[float](), {languages: list[dict[str, float]]() for languages in _PEER_KNOWS}
    with TemporaryDirectory() as folder:
        shared = _shared(Path(folder) / "posts.json")
        with _Reader(0, (str(peer), "-I", str(_PEER)), (str(shared),)) as theirs, _Reader(0) as ours:
            for _ in range(PASSES):
                own.append(ours.ask("group")["seconds"])
                for languages, passes in others.items():
                    passes.append(theirs.ask(languages))
    rate = BATCH / min(own)
    rates = {languages: BATCH / min(sum(one.values()) for one in passes) for languages, passes in others.items()}
    name = "lingua (75 languages) + datasketch + scikit-learn"
    yield Figure("posts_per_s_beside_peer", rate, "posts/s, near-duplicates too", "higher", None, name, rates["all"])
    yield Figure("peer_ratio", rate / rates["all"], "times the peer", "higher", 10)
    yield Figure("peer_ratio_few_languages", rate / rates["few"], "times the peer, lingua with 3 languages", "higher")
    for part in others["all"][0]:
        fastest = BATCH / min(one[part] for one in others["all"])
        yield Figure(f"peer_{part}_per_s", fastest, "posts/s of the peer's part alone", "higher")


def _shared(out: Path) -> Path:
    """The batch that both read, and posts to warm up with. The stream is shuffled: any batch is a sample of it."""
    from rapport.text.evaluation.messages import messages
    from rapport.text.evaluation.stream import posts

    stream = posts(messages())
    out.write_text(json.dumps({"warm_up": stream[:_OFFERED_BATCH], "posts": stream[_SHARED]}), encoding="utf-8")
    return out


def _together() -> list[float]:
    """Posts a second of two readers at once, the slowest pass first."""
    with _Reader(core=0) as one, _Reader(core=1) as other:
        rates = []
        for _ in range(PASSES):
            began = time.perf_counter()
            for reader in (one, other):
                reader.tell("pass")
            posts = sum(reader.hear()["posts"] for reader in (one, other))
            rates.append(posts / (time.perf_counter() - began))
        return sorted(rates)


def _first_result() -> float:
    """Seconds from the start of `rapport text analyse` until the first message is answered."""
    from rapport.cli.text_evaluation import HAITI

    command = [sys.executable, "-m", "rapport.cli", "text", "analyse", "--gazetteer", str(HAITI / "gazetteer.csv")]
    began = time.perf_counter()
    done = subprocess.run(command, input=b"Nou bezwen dlo nan Delmas\n", capture_output=True, check=False)  # noqa: S603
    if done.returncode:
        raise RapportError(f"rapport text analyse failed: {done.stderr.decode()[-500:]}")
    return time.perf_counter() - began


def _differing() -> int:
    """Messages whose answer is another in other batches, or in two processes that read half of them each."""
    with TemporaryDirectory() as folder, _Reader() as one, _Reader() as other:

        def answers(reader: _Reader, size: int, begin: int, end: int) -> list[str]:
            out = Path(folder) / "answers"
            reader.ask(f"write {size} {begin} {end} {out}")
            return out.read_text("utf-8").splitlines()

        posts = one.ask("posts")["posts"]
        whole = answers(one, BATCH, 0, posts)
        half = posts // 2 + 1
        others = [(whole, answers(one, BATCH, 0, half) + answers(other, BATCH, half, posts))]
        others += [(whole[:count], answers(one, size, 0, count)) for size, count in _CUTS]
        return sum(a != b for known, found in others for a, b in zip(known, found, strict=True))


class _Reader:
    """A process that reads the stream, warmed up. `core`: the one that it keeps to; its program is told it first."""

    def __init__(
        self, core: int | None = None, program: tuple[str, ...] = _OURS, arguments: tuple[str, ...] = ()
    ) -> None:
        cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        kept_to = str(cores[core % len(cores)]) if core is not None and cores else ""
        self._process = subprocess.Popen(  # noqa: S603
            [*program, kept_to, *arguments],
            env={**os.environ, **dict.fromkeys(_ONE_THREAD, "1")},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip

    def __enter__(self) -> _Reader:
        try:
            self.hear()
        except RapportError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def ask(self, command: str) -> dict[str, Any]:
        self.tell(command)
        return self.hear()

    def tell(self, command: str) -> None:
        if self._process.stdin:
            self._process.stdin.write(f"{command}\n")

    def hear(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise RapportError("A process of the bench ended; what it said stands above.")
        return dict(json.loads(line))


# --- the process ---------------------------------------------------------------------------------------------------


class _Chain:
    def __init__(self) -> None:
        from rapport.cli.text_evaluation import haiti
        from rapport.text.evaluation.messages import messages
        from rapport.text.evaluation.stream import posts
        from rapport.text.knowledge import Knowledge

        self.posts = posts(messages())
        self._knowledge = Knowledge(_LANGUAGES, haiti(_LANGUAGES))
        self.read(self.table(self.posts[:BATCH]))
        gc.collect()
        gc.freeze()

    def table(self, texts: Sequence[str]) -> Any:
        import polars as pl

        return pl.DataFrame({"id": range(len(texts)), "text": texts}, schema={"id": pl.Int64, "text": pl.String})

    def tables(self, size: int, begin: int = 0, end: int | None = None) -> list[Any]:
        texts = self.posts[begin:end]
        return [self.table(texts[at : at + size]) for at in range(0, len(texts), size)]

    def read(self, table: Any) -> Any:
        from rapport.text import chain

        return chain.analyse(table, self._knowledge)

    def pass_(self) -> dict[str, Any]:
        tables = self.tables(BATCH)
        began, cpu = time.perf_counter(), time.process_time()
        for table in tables:
            self.read(table)
        return {
            "posts": len(self.posts),
            "seconds": time.perf_counter() - began,
            "cpu_seconds": time.process_time() - cpu,
        }

    def group(self) -> dict[str, float]:
        """All stages, and the groups of near-duplicates, of the batch that the peer reads."""
        from rapport.text.columns import Texts
        from rapport.text.groups import Window
        from rapport.text.kernels.plain import made_plain
        from rapport.text.signature import bins

        table, window = self.table(self.posts[_SHARED]), Window()
        began = time.perf_counter()
        self.read(table)
        plain = made_plain(Texts.of(table["text"]))[0]
        window.add(plain, bins(plain))
        return {"seconds": time.perf_counter() - began}

    def offered(self) -> dict[str, float]:
        """From when a batch is due until it is done, waiting for the one before it too. Twice the stream."""
        tables = [one for one in self.tables(_OFFERED_BATCH) * 2 if len(one) == _OFFERED_BATCH]
        began, waited = time.perf_counter(), []
        for number, table in enumerate(tables):
            due = began + number * _OFFERED_BATCH / _OFFERED_PER_S
            time.sleep(max(0.0, due - time.perf_counter()))
            self.read(table)
            waited.append(1000 * (time.perf_counter() - due))
        hundredths = quantiles(waited, n=100)
        return {"p50_ms": hundredths[49], "p99_ms": hundredths[98]}

    def write(self, size: int, begin: int, end: int, out: Path) -> None:
        import polars as pl

        with out.open("w", encoding="utf-8") as file:
            for table in self.tables(size, begin, end):
                found = self.read(table).drop("id").with_columns(pl.col("signature").bin.encode("hex"))
                file.write(found.write_ndjson())

    def hostile(self) -> dict[str, Any]:
        """The message that takes longest, each alone in a batch."""
        took = {}
        for which, text in _HOSTILE.items():
            table = self.table([text])
            began = time.perf_counter()
            self.read(table)
            took[which] = 1000 * (time.perf_counter() - began)
        worst = max(took, key=lambda which: took[which])
        return {"which": worst, "ms": took[worst], "bytes": len(_HOSTILE[worst].encode())}


def main() -> None:
    if sys.argv[1]:
        os.sched_setaffinity(0, {int(sys.argv[1])})
    chain = _Chain()
    print(json.dumps({}), flush=True)
    for line in sys.stdin:
        command, *words = line.split()
        answer: dict[str, Any] = {}
        if command == "pass":
            answer = chain.pass_()
        elif command == "posts":
            answer = {"posts": len(chain.posts)}
        elif command == "group":
            answer = chain.group()
        elif command == "offered":
            answer = chain.offered()
        elif command == "hostile":
            answer = chain.hostile()
        elif command == "memory":
            answer = {"mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
        elif command == "write":
            size, begin, end = map(int, words[:3])
            chain.write(size, begin, end, Path(words[3]))
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
