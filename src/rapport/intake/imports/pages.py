"""The pages of imports: send a file, look at what it says, correct, confirm, watch, take back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rapport.accounts.permissions import Permission
from rapport.desk.page import attempt, local_time, to
from rapport.errors import BadDefinition, RapportError, Refused
from rapport.intake.imports import choices, failed, life, mappings, rollback, run, store
from rapport.intake.models import WORKED_ON, Import, ImportMapping, ImportState
from rapport.operations.access import needs, person
from rapport.operations.models import Operation, Source

RUN = Permission.INTAKE_IMPORT_RUN
PER_PAGE = 50
#: A form's other fields beside its file.
_ROOM = 64 * 1024
S = ImportState


# --- the list, and a new file --------------------------------------------------------------------------------------


class _ToImports(FileUploadHandler):
    """Writes a file as it arrives beside the others, and no more of it than is taken."""

    too_large = False

    def new_file(self, *args: Any, **more: Any) -> None:
        super().new_file(*args, **more)
        self._file = store.draft()
        self._size = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self._size += len(raw_data)
        if self._size > store.MOST_BYTES_BY_PAGE:
            self.too_large = True
            self._file.close()
            raise StopUpload(connection_reset=True)
        self._file.write(raw_data)
        return None

    def file_complete(self, file_size: int) -> UploadedFile[Any]:
        self._file.seek(0)
        return UploadedFile(self._file, self.file_name, self.content_type, file_size, self.charset)

    def upload_interrupted(self) -> None:
        if hasattr(self, "_file"):
            self._file.close()


@csrf_exempt  # looked at in _send, once the handler that takes the file stands
@require_http_methods(["GET", "POST"])
@never_cache
@needs(RUN)
@local_time
def imports(request: HttpRequest, operation: Operation) -> HttpResponse:
    """The imports there were, the newest first; POST: a file that is to come in."""
    if request.method == "GET":
        return _list(request, operation)
    if int(request.META.get("CONTENT_LENGTH") or 0) > store.MOST_BYTES_BY_PAGE + _ROOM:
        return _list(request, operation, _too_large(), status=413)
    handler = _ToImports(request)
    request.upload_handlers = [handler]
    answer = _send(request, operation=operation)
    return _list(request, operation, _too_large(), status=413) if handler.too_large else answer


@csrf_protect
def _send(request: HttpRequest, operation: Operation) -> HttpResponse:
    given, word = request.FILES.get("file"), request.POST.get("kept", "")
    kept: Path | None = None
    try:
        if given is not None:
            name, pieces = given.name or "file", given.chunks(store.PIECE)
        elif word:
            kept, name = store.kept_for(person(request), operation, word)
            pieces = store.pieces_of(kept)
        else:
            raise Refused("no_file", "Choose a file first.", field="file")
        one = _add(request, operation, name, pieces)
    except Refused as refused:
        again = _Kept()
        if refused.field != "file":  # what was sent is not sent a second time
            if given is not None:
                word = store.keep_for(person(request), operation, cast("IO[bytes]", given.file), name)
            again = _Kept(word, name)
        return _list(request, operation, refused, status=refused.status, kept=again)
    if kept is not None:
        kept.unlink(missing_ok=True)
    return _to(one)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A file that was sent with a form which was refused: the word for it, and its name."""

    word: str = ""
    name: str = ""


def _add(request: HttpRequest, operation: Operation, name: str, pieces: Iterable[bytes]) -> Import:
    mapping = operation.import_mappings.filter(pk=_number(request.POST.get("mapping", ""))).first()
    source = _source(request, operation)
    most = store.MOST_BYTES_BY_PAGE
    try:
        return store.add(person(request), operation, source, name, pieces, most=most, mapping=mapping)
    except (RapportError, OSError):
        if request.POST.get("new_source"):  # one that was chosen stays among those that can be
            store.forget_source(source)
        raise


def _too_large() -> Refused:
    most = store.MOST_BYTES_BY_PAGE // (1024 * 1024)
    remedy = f"The file is larger than {most} MB. Cut it into parts, or ask whoever runs the server to take it in."
    return Refused("too_large", remedy, status=413, field="file")


def _source(request: HttpRequest, operation: Operation) -> Source:
    if name := request.POST.get("new_source", "").replace("\0", "").strip():
        return store.new_source(person(request), operation, name)
    chosen = _sources(operation).filter(slug=request.POST.get("source", "").replace("\0", "")).first()
    if chosen is None:
        raise Refused("source", "Choose where the file is from, or name it.", field="source")
    return chosen


def _sources(operation: Operation) -> QuerySet[Source]:
    return Source.objects.filter(operation=operation, channel=store.CHANNEL, active=True).order_by("slug")


def _list(
    request: HttpRequest, operation: Operation, problem: Refused | None = None, status: int = 200,
    kept: _Kept | None = None,
) -> HttpResponse:  # fmt: skip
    all_of = Import.objects.filter(operation=operation).select_related("person", "source").order_by("-pk")
    context = {
        "operation": operation,
        "page": Paginator(all_of, PER_PAGE).get_page(request.GET.get("page")),
        "sources": list(_sources(operation)),
        "mappings": operation.import_mappings.order_by("name"),
        "problem": problem,
        "kept": kept,
        "most_mb": store.MOST_BYTES_BY_PAGE // (1024 * 1024),
    }
    return render(request, "intake/imports.html", context, status=status)


# --- one import ----------------------------------------------------------------------------------------------------


@require_GET
@never_cache
@needs(RUN)
@local_time
def show(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    return _page(request, _import(operation, number))


@require_GET
@never_cache
@needs(RUN)
def progress(request: HttpRequest, operation: Operation, number: int) -> JsonResponse:
    """How far it has come, for the script."""
    one = _import(operation, number)
    return JsonResponse({"state": one.state, "done": _done(one), "total": one.total_rows, "said": _said(one)})


@require_POST
@needs(RUN)
@local_time
def correct(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    """The choices as corrected; the file is looked through again."""
    one = _import(operation, number)
    try:
        given = request.POST.dict()
        fixed = choices.reshaped(given, one)
        plan = None if fixed else choices.read(given, one)
    except BadDefinition as problem:
        return _page(request, one, problem=str(problem), status=400)
    said = "Changed. The file is looked through again."
    attempt(request, lambda: life.look_again(person(request), one, plan, fixed), said)
    return _to(one)


def _action(action: Callable[[Any, Import], object], said: str) -> Any:
    """A view that does one thing to an import and goes back to its page."""

    @require_POST
    @needs(RUN)
    @local_time
    def act(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
        one = _import(operation, number)
        attempt(request, lambda: action(person(request), one), said)
        return _to(one)

    return act


count_again = _action(life.count_again, "The file is looked through again.")
start = _action(life.start, "The rows come in now.")
pause = _action(life.pause, "Paused. What is in stays; it can go on, or be rolled back.")
go_on = _action(life.go_on, "It goes on.")


@require_POST
@needs(RUN)
def discard(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    one = _import(operation, number)
    done = attempt(request, lambda: life.discard(person(request), one), "Put away. Nothing of the file was taken in.")
    return to("imports", operation.slug) if done else _to(one)


@require_POST
@needs(RUN)
def repeat(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    one = _import(operation, number)
    made: list[Import] = []
    attempt(request, lambda: made.append(life.repeat(person(request), one)), "The same file, looked through once more.")
    return _to(made[0] if made else one)


@require_http_methods(["GET", "POST"])
@never_cache
@needs(RUN)
@local_time
def roll_back(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    """What a rollback would do; POST, with a reason: do it."""
    one, problem = _import(operation, number), ""
    if request.method == "POST":
        try:
            rollback.begin(person(request), one, request.POST.get("reason", ""))
        except Refused as refused:
            problem = refused.remedy
        else:
            return _to(one)
    if one.state not in rollback.FROM or one.started_at is None:
        return _to(one)
    context = {"operation": operation, "one": one, "preview": rollback.preview(one), "problem": problem}
    return render(request, "intake/import_rollback.html", context, status=400 if problem else 200)


@require_GET
@never_cache
@needs(RUN)
def failed_rows(request: HttpRequest, operation: Operation, number: int) -> StreamingHttpResponse:
    """The refused rows, to mend and to send again; `bom=0` without the mark by which Excel knows UTF-8."""
    one = _import(operation, number)
    content = failed.write(one, bom=request.GET.get("bom") != "0")
    answer = StreamingHttpResponse(content, content_type=failed.CONTENT_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="import-{one.pk}-to-mend.csv"'
    return answer


# --- mappings ------------------------------------------------------------------------------------------------------


@require_POST
@needs(RUN)
def save_mapping(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    one = _import(operation, number)
    name = request.POST.get("name", "")
    attempt(
        request, lambda: mappings.save(person(request), one, name), "Saved. It is proposed for files like this one."
    )
    return _to(one)


@require_GET
@never_cache
@needs(RUN)
@local_time
def list_mappings(request: HttpRequest, operation: Operation) -> HttpResponse:
    rows = operation.import_mappings.select_related("person", "source").order_by("name")
    return render(request, "intake/import_mappings.html", {"operation": operation, "rows": rows})


@require_POST
@needs(RUN)
def rename_mapping(request: HttpRequest, operation: Operation, mapping_id: int) -> HttpResponse:
    mapping = get_object_or_404(ImportMapping, pk=mapping_id, operation=operation)
    name = request.POST.get("name", "")
    attempt(request, lambda: mappings.rename(person(request), mapping, name), "Renamed.")
    return to("import_mappings", operation.slug)


@require_POST
@needs(RUN)
def delete_mapping(request: HttpRequest, operation: Operation, mapping_id: int) -> HttpResponse:
    mapping = get_object_or_404(ImportMapping, pk=mapping_id, operation=operation)
    attempt(request, lambda: mappings.delete(person(request), mapping), "Deleted. Imports read by it stay as they are.")
    return to("import_mappings", operation.slug)


# --- what the page of one import shows -----------------------------------------------------------------------------


def _page(request: HttpRequest, one: Import, *, problem: str = "", status: int = 200) -> HttpResponse:
    dry = one.started_at is None
    verdicts = one.verdicts.filter(dry=dry).exclude(verdict="left") if one.state != S.ROLLED_BACK else (
        one.verdicts.filter(verdict="left")
    )  # fmt: skip
    reason = request.GET.get("reason", "")
    shown = verdicts.filter(reason=reason) if reason else verdicts
    page = Paginator(shown.order_by("row", "pk"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "operation": one.operation,
        "one": one,
        "dry": dry,
        "problem": problem,
        "moving": one.state in WORKED_ON,
        "done": _done(one),
        "said": _said(one),
        "rows": one.new + one.already + one.differs + one.refused,
        "stale": rollback.since(one),
        "seen": store.seen_before(one),
        "reasons": [
            {"reason": name, "words": name.replace("_", " "), "count": count}
            for name, count in verdicts.values_list("reason").annotate(count=Count("pk")).order_by("-count", "reason")
        ],
        "reason": reason,
        "page": page,
        "form": choices.form(one) if one.plan and dry else None,
        "evidence": one.evidence.get("evidence", []),
        "doubts": [line for line in one.evidence.get("evidence", []) if line.get("doubt")],
        "looked": sum(one.evidence.get("counts", {}).values()) if one.started_at else 0,
        "left": list(one.verdicts.filter(verdict="left")[:PER_PAGE]),
        "may_roll_back": one.state in rollback.FROM and one.started_at is not None,
        "failed_kept": verdicts.filter(verdict="refused").exists(),
    }
    return render(request, "intake/import.html", context, status=status)


def _done(one: Import) -> int:
    if one.state == S.ROLLING_BACK:
        return one.withdrawn + one.left
    return one.done_rows if one.started_at else one.read_rows


def _said(one: Import) -> str:
    """How far it has come, and whether others are at work, in a sentence or two."""
    others = run.others(one) if one.state in WORKED_ON else 0
    if not others:
        return _come(one)
    are = "1 other import is" if others == 1 else f"{others:,} other imports are"
    if not one.claim:
        return f"{_come(one)} It waits for its turn: {are} being worked on."
    return f"{_come(one)} It takes turns: {are} being worked on too."


def _come(one: Import) -> str:
    if one.state == S.ROLLING_BACK:
        return f"{one.withdrawn:,} reports withdrawn so far."
    if one.started_at is None:
        return f"{one.read_rows:,} rows looked through so far."
    of = f" of {one.total_rows:,}" if one.total_rows else ""
    return f"Row {one.done_rows:,}{of}: {one.new:,} new, {one.already:,} there already, {one.refused:,} refused."


def _import(operation: Operation, number: int) -> Import:
    chosen = Import.objects.select_related("operation", "source", "person")
    return get_object_or_404(chosen, pk=number, operation=operation)


def _to(one: Import) -> HttpResponseRedirect:
    return to("import", one.operation.slug, one.pk)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
