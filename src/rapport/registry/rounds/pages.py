"""The pages of whoever has a link: answer section by section, as a file, on paper; hand in, take again, withdraw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial, wraps
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from rapport.desk.page import attempt, to
from rapport.errors import Conflict, Refused
from rapport.formats.xlsx import CONTENT_TYPE as XLSX_TYPE
from rapport.operations.access import public
from rapport.operations.models import Operation
from rapport.operations.small_files import takes_file
from rapport.registry.forms.answers import Fault
from rapport.registry.forms.exchange import from_json, from_xlsx, to_json, to_xlsx
from rapport.registry.forms.model import Section
from rapport.registry.forms.paper import as_text, printed
from rapport.registry.models import Sheet
from rapport.registry.rounds import answering
from rapport.registry.rounds.fields import asking, given
from rapport.registry.rounds.running import GIVEN_TO, level_of
from rapport.registry.rounds.sheets import as_value, form_of, section_of, seen
from rapport.values import Json, Sensitivity

HAND_IN = "hand-in"  # the last section of every sheet
FILE_MOST = 10_000_000  # bytes


def _by_link(view: Callable[..., HttpResponseBase], *, begun: bool = True) -> Callable[..., HttpResponseBase]:
    """The sheet that the link in the address opens; 404 for any other. `begun`: only by its owner's own link."""

    @wraps(view)
    def opened(request: HttpRequest, operation: Operation, token: str, **more: str) -> HttpResponseBase:
        sheet = answering.find(operation.pk, token)
        if sheet is None or (begun and sheet.begun_at is None):
            return render(request, "registry/no_sheet.html", {"operation": operation}, status=404)
        return view(request, operation, sheet, token, **more)

    return public(never_cache(cast("Callable[..., HttpResponseBase]", opened)))


@partial(_by_link, begun=False)
@require_safe
def show(request: HttpRequest, operation: Operation, sheet: Sheet, token: str) -> HttpResponse:
    """`section`: which part of the form; `all`: the whole of it, to fill in where there is no line."""
    if sheet.begun_at is None:
        context = {
            "operation": operation,
            "sheet": sheet,
            "token": token,
            "results_for": GIVEN_TO[Sensitivity(sheet.round.results_level)],
        }
        return render(request, "registry/begin.html", context)
    if request.GET.get("section") == HAND_IN and sheet.handed_in_at is None:
        return render(request, "registry/hand_in.html", _context(operation, sheet, token))
    return _sheet(request, operation, sheet, token, section_of(form_of(sheet.round), request.GET.get("section", "")))


def _sheet(
    request: HttpRequest, operation: Operation, sheet: Sheet, token: str, section: Section, *,
    typed: Mapping[str, Json] | None = None, faults: Sequence[Fault] = (), problem: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    form = form_of(sheet.round)
    whole = "all" in request.GET
    parts = form.sections if whole else (section,)
    answers = {**sheet.answers, **{code: value for code, value in (typed or {}).items() if value is not None}}
    at = form.sections.index(section)
    context: dict[str, Any] = {
        **_context(operation, sheet, token),
        "form": form,
        "section": section,
        "parts": [(one, asking(form, one, answers, faults), seen(one, sheet.answers)) for one in parts],
        "stored": asking(form, section, sheet.answers) if problem else (),
        "whole": whole,
        "next": form.sections[at + 1] if at + 1 < len(form.sections) and not whole else None,
        "problem": problem,
    }
    return render(request, "registry/sheet.html", context, status=status)


def _context(operation: Operation, sheet: Sheet, token: str) -> dict[str, Any]:
    """What every page of a sheet says."""
    sections = form_of(sheet.round).sections
    return {
        "operation": operation,
        "sheet": sheet,
        "token": token,
        "sections": [(one, sum(each.code in sheet.answers for each in one.questions)) for one in sections],
        "given_to": GIVEN_TO.items(),
        "results_for": GIVEN_TO[Sensitivity(sheet.round.results_level)],
        "level_said": GIVEN_TO.get(Sensitivity(sheet.level), ""),
        "editable": sheet.handed_in_at is None and sheet.withdrawn_at is None and sheet.round.closed_at is None,
    }


@partial(_by_link, begun=False)
@require_POST
def begin(request: HttpRequest, operation: Operation, sheet: Sheet, token: str) -> HttpResponseBase:
    try:
        token = answering.begin(sheet)
    except Conflict as conflict:
        messages.warning(request, str(conflict))
    else:
        messages.success(request, gettext("This is your own link now. Keep its address: nobody else has it."))
    return to("registry_answer", operation.slug, token)


@_by_link
@require_POST
def save(request: HttpRequest, operation: Operation, sheet: Sheet, token: str) -> HttpResponseBase:
    """POST the fields of one `section` and `seen`; `then`: the section to go on to. A script gets JSON."""
    section = section_of(form_of(sheet.round), request.POST.get("section", ""))
    raw = given(section, request.POST)
    script = request.headers.get("X-Requested-With") == "rapport"
    try:
        saved = answering.save(sheet, section.code, raw, request.POST.get("seen", ""))
    except Conflict as conflict:
        if script:
            return JsonResponse({"conflict": str(conflict)}, status=409)
        sheet.refresh_from_db(fields=["answers", "handed_in_at", "withdrawn_at"])
        return _sheet(request, operation, sheet, token, section, typed=raw, problem=str(conflict), status=409)
    if script:
        faults = {one.code: one.says for one in saved.faults}
        return JsonResponse({"seen": saved.seen, "faults": faults, "answered": len(sheet.answers)})
    if saved.faults:
        return _sheet(request, operation, sheet, token, section, typed=raw, faults=saved.faults, status=422)
    messages.success(request, gettext("Saved."))
    answer = to("registry_answer", operation.slug, token)
    answer["Location"] += f"?section={request.POST.get('then') or section.code}"
    return answer


@_by_link
@require_POST
def hand_in(request: HttpRequest, operation: Operation, sheet: Sheet, token: str) -> HttpResponseBase:
    """POST `level`, `respondent`, `remark`."""
    words = [request.POST.get(name, "") for name in ("respondent", "remark")]
    said = gettext("Handed in. Thank you. You can take it again until the round closes.")
    chosen = request.POST.get("level", "")
    attempt(request, lambda: answering.hand_in(sheet, level_of(sheet.round, chosen), words[0], words[1]), said)
    return to("registry_answer", operation.slug, token)


@_by_link
@require_POST
def take_again(request: HttpRequest, operation: Operation, sheet: Sheet, token: str) -> HttpResponseBase:
    attempt(request, lambda: answering.take_again(sheet), gettext("It is yours again: change it and hand it in."))
    return to("registry_answer", operation.slug, token)


@_by_link
@require_POST
def withdraw(request: HttpRequest, operation: Operation, sheet: Sheet, token: str) -> HttpResponseBase:
    attempt(request, lambda: answering.withdraw(sheet), gettext("Withdrawn. Nothing of it is shown or counted."))
    return to("registry_answer", operation.slug, token)


# --- as a file, and on paper ---------------------------------------------------------------------------------------


@_by_link
@require_GET
def as_file(request: HttpRequest, operation: Operation, sheet: Sheet, token: str, ending: str) -> HttpResponseBase:
    """The sheet to fill in elsewhere: its owner's own answers, handed back to them."""
    form, value = form_of(sheet.round), as_value(sheet)
    body, kind = (to_xlsx(form, value), XLSX_TYPE) if ending == "xlsx" else (to_json(form, value), "application/json")
    return _file(body, kind, f"{form.slug}-{sheet.actor.code}.{ending}")


@takes_file(FILE_MOST)
@_by_link
@require_POST
def take_file(request: HttpRequest, operation: Operation, sheet: Sheet, token: str) -> HttpResponseBase:
    """POST `file`: XLSX or JSON, as it came from here."""
    file = request.FILES.get("file")
    try:
        if file is None:
            raise Refused("no_file", gettext("Choose a file first."))
        data = file.read()
        if not data.startswith((b"PK", b"{", b"\xef\xbb\xbf{")):
            said = gettext("This is neither a workbook (XLSX) nor a JSON file that came from here.")
            raise Refused("not_answers", said)
        read = from_xlsx if data.startswith(b"PK") else from_json
        answering.take_file(sheet, read(form_of(sheet.round), data))
        messages.success(request, gettext("The answers of the file are in the form. Look at them, and hand in."))
    except (Refused, Conflict) as error:
        messages.error(request, error.remedy if isinstance(error, Refused) else str(error))
    return to("registry_answer", operation.slug, token)


@_by_link
@require_GET
def paper(request: HttpRequest, operation: Operation, sheet: Sheet, token: str) -> HttpResponse:
    """The empty form to print; `text`: as plain text for e-mail, or to be read out."""
    return empty(request, operation, sheet.round, sheet)


def empty(request: HttpRequest, operation: Operation, one: Any, sheet: Sheet | None = None) -> HttpResponse:
    form = form_of(one)
    if "text" in request.GET:
        return _file(as_text(form).encode(), "text/plain; charset=utf-8", f"{form.slug}.txt")
    context = {
        "operation": operation,
        "form": form,
        "round": one,
        "sheet": sheet,
        "parts": printed(form),
        "given_to": GIVEN_TO.items(),
    }
    return render(request, "registry/paper.html", context)


def _file(body: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(body, content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
