"""A release pack: all that a reader may take of an operation, in one file, with what is new since an earlier one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from rapport.errors import NotAllowed, Refused
from rapport.events.returned import changes
from rapport.exchange import alerts
from rapport.exchange.answers import answered, refused, streamed
from rapport.exchange.dictionary import own
from rapport.exchange.models import Pack
from rapport.exchange.views import FORMATS, Feed, asked_feed
from rapport.formats import pack, table
from rapport.formats.cap import writing
from rapport.formats.cap.released import AlertRelease
from rapport.formats.context import utc
from rapport.formats.dictionary.described import table_schema
from rapport.formats.dictionary.operation import Own, entries, version
from rapport.formats.pack import Licence, Package, Part
from rapport.operations.access import needs, public
from rapport.operations.models import Operation
from rapport.sharing import agreements
from rapport.sharing.active import policy_of
from rapport.sharing.readers import organisation_reader
from rapport.values import Json, Purpose, Reader

#: The feeds that a pack holds, with what each is.
PARTS: Mapping[str, str] = {
    "csv": "Events, one a row",
    "hxl.csv": "Events, one a row, with HXL hashtags in the second row",
    "geojson": "Events as map data",
}
CHANGES = "changes.csv"
_COLUMNS = ("ref", "change", "at")


@dataclass(frozen=True, slots=True)
class Asked:
    """A pack as somebody asked for it."""

    feed: Feed  # of everything, in any format: whose, in which state and language
    alerts: Sequence[AlertRelease]  # that count now
    made: Pack
    since: Pack | None


@public
@require_safe
def give(request: HttpRequest, operation: Operation) -> HttpResponseBase:
    """`since`: the version of an earlier pack; then the pack also says what is new, changed and gone since."""
    return _given(request, operation)


@require_safe
@needs(agreements.SIGN)
def give_for(request: HttpRequest, operation: Operation, number: int) -> HttpResponseBase:
    """The pack that a partner would get by the agreement of that number, for somebody of the team to hand over: what is
    in it is written down as given to the partner."""
    agreement = get_object_or_404(agreements.in_force(operation.pk, timezone.now()), pk=number)
    partner = organisation_reader(operation, agreement.receiver)
    if Purpose.EXPORT not in partner.agreed:
        raise NotAllowed(f"No agreement in force lets {agreement.receiver.name} take files: it would get what all get.")
    return _given(request, operation, partner)


def _given(request: HttpRequest, operation: Operation, partner: Reader | None = None) -> HttpResponseBase:
    try:
        asked = _asked(request, operation, partner)
    except Refused as error:
        return refused(error)
    feed, since = asked.feed, asked.since
    etag = feed.etag(f"pack {asked.made.number} {since.number if since else ''} {_state(asked.alerts)}")
    whom = f"-{feed.reader.organisation or feed.audience.name}" if not feed.reader.anonymous else ""
    name = f"{operation.slug}{whom}-{asked.made.number}.zip"
    return answered(
        request,
        etag,
        lambda: streamed(request, lambda: content(asked), pack.CONTENT_TYPE, name),
        anyone=feed.reader.anonymous,
    )


def _asked(request: HttpRequest, operation: Operation, partner: Reader | None) -> Asked:
    feed = asked_feed(request, operation, FORMATS["csv"], on_behalf=partner)
    if feed.context.query or request.GET.get("limit"):
        raise Refused("bad_filter", "a pack holds everything; take a single format to choose", field="filters")
    counting = alerts.given(operation, feed.reader)
    made = _made(feed, counting)
    return Asked(feed, counting, made, _since(request.GET.get("since", ""), made))


def _state(counting: Sequence[AlertRelease]) -> str:
    """Changes whenever the alerts of a pack do: what was issued never changes."""
    return " ".join(f"{one.ref}/{one.version}" for one in counting)


def _since(text: str, made: Pack) -> Pack | None:
    if not text:
        return None
    known = Pack.objects.filter(
        operation=made.operation_id, audience=made.audience, alerts_for=made.alerts_for, number__lte=made.number
    )
    found = known.filter(number=int(text)).first() if text.isascii() and text.isdigit() and len(text) < 9 else None
    if found is None:
        raise Refused(
            "since", f"write the version of an earlier pack of yours: the newest is {made.number}", field="since"
        )
    return found


@transaction.atomic
def _made(feed: Feed, counting: Sequence[AlertRelease]) -> Pack:
    """The pack's row: as many states as there were have a number, in their order."""
    # Who takes the same events may be given other alerts: agreements name purposes.
    alerts_for = policy_of(feed.operation.pk).protocol.audience_of(feed.reader, Purpose.ALERT).name
    Operation.objects.select_for_update().get(pk=feed.operation.pk)  # two who ask at once get one number
    packs = Pack.objects.filter(operation=feed.operation, audience=feed.audience.name, alerts_for=alerts_for)
    last = packs.order_by("-number").first()
    told = f"{feed.state} {feed.operation.definition_hash} {_state(counting)}"
    state = hashlib.sha256(told.encode()).hexdigest()
    if last is not None and last.state == state:
        return last
    number = last.number + 1 if last else 1
    return packs.create(
        operation=feed.operation,
        audience=feed.audience.name,
        alerts_for=alerts_for,
        number=number,
        state=state,
        seq=feed.selection.seq,
    )


def content(asked: Asked) -> Iterator[bytes]:
    """The archive, piece by piece."""
    return pack.write(_package(asked), _parts(asked))


def _package(asked: Asked) -> Package:
    feed, operation = asked.feed, asked.feed.operation
    context, licence = feed.context, operation.licence
    protocol = policy_of(operation.pk).protocol
    return Package(
        name=f"{operation.slug}-events",
        id=context.feed_id(),
        title=context.name,
        description=f"Events of {context.name}, as they are shared with: {feed.audience.title}.",
        homepage=context.page_url(),
        version=str(asked.made.number),
        created=max([context.updated, *(one.sent for one in asked.alerts)]),
        licence=Licence(**licence) if licence else None,
        ours={
            "operation": operation.slug,
            "glide": operation.glide or None,
            "exercise": operation.exercise,
            "audience": feed.audience.name,
            "protocol": f"{protocol.name} {protocol.version}",
            "dictionary": version(_own(asked)),
            "events": feed.selection.total,
            "alerts": len(asked.alerts),
            "since": str(asked.since.number) if asked.since else None,
        },
    )


def _parts(asked: Asked) -> Sequence[Part]:
    mine = _own(asked)
    schema: Json = table_schema(entries(mine), "csv", version(mine), asked.feed.operation.slug)
    more: Mapping[str, Mapping[str, Json]] = {
        "csv": {"type": "table", "schema": schema},
        "hxl.csv": {"type": "table", "schema": schema, "dialect": {"commentRows": [2]}},
    }
    parts = [
        Part(f"events.{ending}", title, FORMATS[ending].content_type, _writer(asked, ending), more.get(ending, {}))
        for ending, title in PARTS.items()
    ]
    parts += [_cap(one, asked.feed.context.language) for one in asked.alerts]
    if asked.since is not None:
        parts.append(Part(CHANGES, "What is new, changed and gone", table.CONTENT_TYPE, lambda: _changes(asked)))
    return parts


def _cap(one: AlertRelease, language: str) -> Part:
    path, title = f"alert-{one.ref}-{one.version}.cap", one.info(language).headline
    return Part(path, title, writing.CONTENT_TYPE, lambda: [one.data])


def _writer(asked: Asked, ending: str) -> Callable[[], Iterator[bytes]]:
    """Writes one of the feeds when the pack comes to it."""
    return lambda: replace(asked.feed, format=FORMATS[ending], limit=None).content()


def _changes(asked: Asked) -> Iterator[bytes]:
    feed, since = asked.feed, asked.since.seq if asked.since else 0
    yield table.line(_COLUMNS)
    for one in changes(feed.operation.pk, feed.audience.name, Purpose.EXPORT, since, feed.selection.seq):
        yield table.line([one.ref, one.what, utc(feed.rounded(one.at))])


def _own(asked: Asked) -> Own:
    return own(asked.feed.operation, asked.feed.audience)
