"""What becomes of rows: new, there already, there but saying something else, back after a rollback, or refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.utils import timezone

from rapport.desk import withdraw
from rapport.errors import Refused
from rapport.intake.imports.about import Row
from rapport.intake.imports.plan import Plan
from rapport.intake.keep import fields_kept, keep, message_ref
from rapport.intake.models import Import, ImportVerdict
from rapport.operations.models import Source
from rapport.reports.models import Report, Standing
from rapport.values import Json, Message

#: A row and what it says.
Judged = tuple[Row, Message | Refused]

#: Verdicts kept of a dry run, which is to be looked at, and of an import, which is to be mended: beyond that rows are
#: counted, and mending goes in rounds [ours].
KEPT_DRY = 10_000
KEPT = 200_000
_ASKED_AT_ONCE = 500


@dataclass(slots=True)
class Counts:
    """What became of rows; every row is in one of these."""

    new: int = 0
    already: int = 0
    differs: int = 0
    refused: int = 0


@dataclass(slots=True)
class Settled:
    """Some rows with their verdicts: what is to be kept, what comes back, and what is to be told."""

    counts: Counts = field(default_factory=Counts)
    keep: list[tuple[Row, Message]] = field(default_factory=list)
    back: list[int] = field(default_factory=list)  # reports that a rollback had withdrawn
    told: list[ImportVerdict] = field(default_factory=list)


class Seen:
    """The keys that a dry run has met, so that a row which stands twice in a file is not counted twice. About 60 MB at
    the most; in longer files later doubles count as new [ours]."""

    MOST = 500_000

    def __init__(self) -> None:
        self._keys: set[int] = set()

    def again(self, ref: str) -> bool:
        key = hash(ref)
        if key in self._keys:
            return True
        if len(self._keys) < self.MOST:
            self._keys.add(key)
        return False


def settle(one: Import, source: Source, plan: Plan, judged: Sequence[Judged], seen: Seen | None = None) -> Settled:
    """The verdict of each row, from what is in the database now; nothing is written. `seen` makes it a dry run."""
    done = Settled()
    now = timezone.now()
    good = [(row, said, message_ref(source, said, None, now)) for row, said in judged if isinstance(said, Message)]
    there = _editions(source, [(ref, said) for _, said, ref in good], now)
    first: dict[str, Message] = {}
    keys = iter(good)
    for row, said in judged:
        if isinstance(said, Refused):
            _refuse(done, one, row, said, dry=seen is not None)
            continue
        _, message, ref = next(keys)
        edition = there.get(ref, _Edition())
        if edition.live is not None or ref in first:
            what = edition.live.other(message) if edition.live else _other(first[ref], message)
            _there(done, one, row, plan, what, dry=seen is not None)
        elif seen is not None and seen.again(ref):
            done.counts.already += 1
        else:
            first[ref] = message
            done.counts.new += 1
            same = next((kept for kept in edition.withdrawn if not kept.other(message)), None)
            if same is not None:
                done.back.append(same.pk)
            else:
                done.keep.append((row, _as_edition(message, len(edition.withdrawn))))
    return done


def write(done: Settled, one: Import, source: Source) -> None:
    """Keep what is new and bring back what was withdrawn; call it in the transaction that counts the rows."""
    for start in range(0, len(done.back), withdraw.TOGETHER):
        withdraw.revive(source.operation_id, done.back[start : start + withdraw.TOGETHER], one.pk)
    _keep(done, one, source, done.keep)
    room = max(0, KEPT - one.refused - one.differs)
    ImportVerdict.objects.bulk_create(done.told[:room], batch_size=100)


def write_dry(done: Settled, one: Import) -> None:
    """What a person looks at before they confirm."""
    room = max(0, KEPT_DRY - one.refused - one.differs)
    ImportVerdict.objects.bulk_create(done.told[:room], batch_size=100)


def _keep(done: Settled, one: Import, source: Source, rows: Sequence[tuple[Row, Message]]) -> None:
    """All at once; if something in one of them cannot be stored, only that row is refused."""
    if not rows:
        return
    try:
        keep(source, [message for _, message in rows], import_no=one.pk)
    except Refused as refused:
        if len(rows) == 1:
            done.counts.new -= 1
            _refuse(done, one, rows[0][0], refused, dry=False)
            return
        half = len(rows) // 2
        _keep(done, one, source, rows[:half])
        _keep(done, one, source, rows[half:])


def _refuse(done: Settled, one: Import, row: Row, refused: Refused, *, dry: bool) -> None:
    done.counts.refused += 1
    done.told.append(_verdict(one, row, "refused", refused.field, refused.reason, refused.remedy, dry))


def _there(done: Settled, one: Import, row: Row, plan: Plan, what: str, *, dry: bool) -> None:
    """A row whose key is known already; `what` it says otherwise, "" if nothing."""
    if not what:
        done.counts.already += 1
        return
    done.counts.differs += 1
    remedy = f"It is there already with another {_WORDS[what]}. A report is kept as it came, so nothing was changed."
    done.told.append(_verdict(one, row, "differs", _column(plan, what), f"other_{what}", remedy, dry))


def _verdict(one: Import, row: Row, verdict: str, field: str, reason: str, remedy: str, dry: bool) -> ImportVerdict:
    """The cells are whole, of a dry run too: the file of rows to mend is made of them. PostgreSQL's JSON has no NUL."""
    cells = [cell.replace("\0", "\N{REPLACEMENT CHARACTER}") for cell in row.cells]
    return ImportVerdict(
        of=one, dry=dry, row=row.number, verdict=verdict, field=field[:200], reason=reason[:40], remedy=remedy[:400],
        cells=cells,
    )  # fmt: skip


#: What of a report can be other than a row says → in words.
_WORDS = {"text": "text", "date": "date", "place": "place", "categories": "category", "language": "language",
          "extra": "value in an extra field", "fields": "value in one of its other columns"}  # fmt: skip


def _column(plan: Plan, what: str) -> str:
    roles = {"text": ("text", "title"), "date": ("date", "time"), "place": ("place", "coordinates", "lat"),
             "categories": ("categories",), "language": ("language",)}  # fmt: skip
    return next((column for role in roles.get(what, ()) if (column := plan.column(role))), "")


# --- what is there -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Kept:
    """A report that is there, as far as a row can say something else."""

    pk: int
    standing: str
    text: str
    sent_at: datetime | None
    place: tuple[float | None, float | None, str]
    categories: list[str]
    language: str
    extra: Mapping[str, Json]
    fields: Mapping[str, Json]
    destroyed: bool = False  # nobody knows any more what it said; it does not come in again

    def other(self, message: Message) -> str:
        """The first thing that the message says otherwise; "" if it says the same."""
        if self.destroyed:
            return ""
        said = (message.text, message.sent_at, _place(message), list(message.categories), message.language)
        kept = (self.text, self.sent_at, self.place, self.categories, self.language)
        for what, ours, theirs in zip(("text", "date", "place", "categories", "language"), kept, said, strict=True):
            if ours != theirs:
                return what
        if dict(self.extra) != dict(message.extra):
            return "extra"
        return "fields" if dict(self.fields) != dict(fields_kept(message)) else ""


@dataclass(slots=True)
class _Edition:
    """The reports that one key names: one that counts, and those that rollbacks withdrew, in the order they came."""

    live: _Kept | None = None
    withdrawn: list[_Kept] = field(default_factory=list)


def _editions(source: Source, asked: Sequence[tuple[str, Message]], now: datetime) -> dict[str, _Edition]:
    """What is there for each key. Where a rollback withdrew a report and a later import said something else under the
    same key (mostly: the same file read in another way), that is a further edition: followed until one counts, or none
    is left."""
    found: dict[str, _Edition] = {}
    following = {ref: (ref, message) for ref, message in asked}
    while following:
        kept = _kept(list(following))
        further: dict[str, tuple[str, Message]] = {}
        for ref, (base, message) in following.items():
            if (report := kept.get(ref)) is None:
                continue
            edition = found.setdefault(base, _Edition())
            if report.standing != Standing.WITHDRAWN or report.destroyed:
                edition.live = report
            else:
                edition.withdrawn.append(report)
                next_one = _as_edition(message, len(edition.withdrawn))
                further[message_ref(source, next_one, None, now)] = (base, message)
        following = further
    return found


def _as_edition(message: Message, number: int) -> Message:
    return replace(message, gateway_id=f"{message.gateway_id}\x1fedition {number}") if number else message


def _kept(refs: Sequence[str]) -> dict[str, _Kept]:
    columns = ("ref", "pk", "standing", "text", "sent_at", "lon", "lat", "place_said", "categories_said",
               "language_said", "extra", "fields", "destroyed_at")  # fmt: skip
    found: dict[str, _Kept] = {}
    for start in range(0, len(refs), _ASKED_AT_ONCE):
        rows = Report.objects.filter(ref__in=refs[start : start + _ASKED_AT_ONCE]).values_list(*columns)
        for ref, pk, standing, text, sent_at, lon, lat, place, categories, language, extra, fields, gone in rows:
            where = (lon, lat, place)
            found[ref] = _Kept(
                pk, standing, text, sent_at, where, categories, language, extra, fields, gone is not None
            )
    return found


def _place(message: Message) -> tuple[float | None, float | None, str]:
    place = message.place
    return (place.lon, place.lat, place.name[:300]) if place else (None, None, "")


def _other(first: Message, again: Message) -> str:
    """The same of two rows of one file."""
    kept = _Kept(0, "", first.text, first.sent_at, _place(first), list(first.categories), first.language, first.extra,
                 fields_kept(first))  # fmt: skip
    return kept.other(again)
