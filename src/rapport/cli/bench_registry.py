"""How soon the registry's pages come, and how heavy they are, with as many States as there are: 193 States, 40
provisions, 5 waves, every State in every wave about every provision, and third parties about every fifth.

`python -m rapport.cli.bench_registry` fills the database that the environment names.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from gzip import decompress
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from rapport.cli.bench_figures import Figure
from rapport.cli.bench_ground import HOST, Server, environment, free_port, make, temporary_folder
from rapport.errors import RapportError

STATES, PROVISIONS, WAVES = 193, 40, 5
SEED = 20150722
TIMES = 15  # that each page is asked for
PAGE_MS, PAGE_KB = 300, 60  # aims: what a person waits for without noticing much; 10 s on 2G (50 kbit/s) [ours]
WORDS = ("the", "ministry", "keeps", "a", "list", "of", "what", "is", "critical", "and", "tests", "it", "every", "year")
#: name of the figure → address within the operation
PAGES = {
    "overview": "registry/",
    "norm_by_norm": "registry/norms/bench/",
    "norm": "registry/norms/bench/p07/",
    "state_by_state": "registry/actors/",
    "state": "registry/actors/state-101/",
    "submissions_csv": "registry/data/submissions.csv",
    "everything_json": "registry/data/registry.json",
}


def measure(parent: Path | None = None) -> Iterator[Figure]:
    with temporary_folder(parent) as folder:
        ground = make(folder)
        filled = [sys.executable, "-m", "rapport.cli.bench_registry"]
        subprocess.run(filled, env=environment(folder), check=True)  # noqa: S603
        port = free_port()
        with Server(folder, port):
            for name, path in PAGES.items():
                yield from _page(port, name, f"/{ground.operation}/{path}")


def _page(port: int, name: str, path: str) -> Iterator[Figure]:
    """Asked as a browser does, over one connection that stays open, answers compressed."""
    connection = HTTPConnection(HOST, port, timeout=600)
    taken, body, plain = [], b"", b""
    for _ in range(TIMES if "registry/data" not in path else 3):
        begin = time.perf_counter()
        connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        body = answer.read()
        taken.append(1000 * (time.perf_counter() - begin))
        if answer.status != 200:
            raise RapportError(f"{path} was answered with {answer.status}: {body[:200]!r}")
        plain = decompress(body) if answer.getheader("Content-Encoding") == "gzip" else body
    connection.close()
    is_page = "registry/data" not in path
    yield Figure(f"{name}_ms", median(taken), f"ms, median of {len(taken)}", "lower", PAGE_MS if is_page else None)
    kb = f"kB on the line; {len(plain) / 1000:,.0f} kB unpacked"
    yield Figure(f"{name}_kb", len(body) / 1000, kb, "lower", PAGE_KB if is_page else None)


def _fill() -> None:
    from rapport.cli.output import set_up

    set_up()
    from rapport.accounts.models import Membership, Person
    from rapport.accounts.permissions import Role
    from rapport.operations.models import Operation
    from rapport.registry.editing import files
    from rapport.registry.models import Actor, Submission

    operation = Operation.objects.get()
    lead = Person.objects.create_user("bench")
    Membership.objects.create(person=lead, operation=operation, role=Role.LEAD)
    files.load(lead, operation, _framework())
    dice = random.Random(SEED)  # noqa: S311
    states = [Actor(operation=operation, code=f"state-{n}", name=f"State {n}", kind="state") for n in range(STATES)]
    Actor.objects.bulk_create(states)
    first = datetime(2016, 1, 1, tzinfo=UTC)
    rows = []
    for wave in range(WAVES):
        for state in states:
            for number in range(PROVISIONS):
                for said_by, sayer in (("self", ""), ("third party", "A university"))[: 1 + (number % 5 == 0)]:
                    rows.append(
                        Submission(
                            operation=operation, framework="bench", code=f"p{number:02}", actor=state, said_by=said_by,
                            sayer=sayer, wave=f"Wave {wave + 1}", content=_content(dice), publication="published",
                            level="low", drafted_by=lead, published_at=first + timedelta(days=365 * 2 * wave),
                            latest=wave == WAVES - 1,
                        )
                    )  # fmt: skip
    Submission.objects.bulk_create(rows, batch_size=2_000)


def _framework() -> str:
    head = '[framework]\nslug = "bench"\ntitle = "Bench"\nbody = "B"\nsymbol = "S"\nkind = "norms"\nversion = "1"\n'
    row = '[[provision]]\ncode = "p{n:02}"\nref = "{n}"\nlabel = "Provision {n}"\nasks = "{asks}"\nsources = ["one"]\n'
    rows = "".join(row.format(n=n, asks=" ".join(WORDS)) for n in range(PROVISIONS))
    return f'{head}[sources.one]\ntitle = "A source"\n{rows}'


def _content(dice: random.Random) -> dict[str, object]:
    """As surveys are filled in: a status mostly, a measure often, the rest now and then."""

    def text(words: int) -> str:
        return " ".join(dice.choices(WORDS, k=words))

    content: dict[str, object] = {}
    if dice.random() < 0.8:
        content["status"] = dice.choice(("planned", "partial", "in-place"))
    if dice.random() < 0.6:
        content["measures"] = [{"title": text(6), "kind": "policy", "since": "2019"}]
    for part in ("challenges", "needs", "offers"):
        if dice.random() < 0.25:
            content[part] = text(25)
    return content


if __name__ == "__main__":
    _fill()
