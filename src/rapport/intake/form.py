"""The web form: /{operation}/report/. Works without script, and a report sent twice is one report.

The form is open to everybody and does nothing in anybody's name, so it needs no cookie and no CSRF token: a phone that
takes no cookies can send it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from rapport.desk.places import units
from rapport.errors import Refused, TryAgain
from rapport.events import shared
from rapport.intake import coordinates, limits, refusals, uploads
from rapport.intake.channels import wire
from rapport.intake.keep import keep, pseudonym_of
from rapport.intake.replies import names_place
from rapport.intake.views import RETRY_AFTER
from rapport.operations import asking, bodies, fields
from rapport.operations.access import public
from rapport.operations.models import Category, Operation, Source
from rapport.reports.attachments import kinds, store
from rapport.reports.models import Report
from rapport.values import EARLIEST, Address, GivenFile, GivenPlace, Json, Message

MAX_TEXT = 10_000  # characters
MAX_BYTES = 256 * 1024  # of a whole form: MAX_TEXT in a script of three bytes a letter, percent-encoded, with room
_CLOCK_AHEAD = timedelta(minutes=10)  # a visitor's clock may be that much ahead [ours]
#: What is said about files that are not taken, by the reason of the refusal.
_FILES: Mapping[str, Any] = {
    "too_many_files": _("Choose at most 5 files."),
    "files_too_large": _("Together the files are larger than 25 MB. Choose fewer, or smaller ones."),
    "file_too_large": _("A file is larger than 10 MB. Choose a smaller one."),
    "file_empty": _("A file is empty. Choose it again."),
    "no_room": _("There is no room for files now. Send the report without them, and the files later."),
    "file_kind": _(
        "A file of this kind is not taken. Choose photos (JPEG, PNG, WebP, GIF, HEIC), recordings, PDF or plain text."
    ),
}


class PlainText(forms.CharField):
    """Text without NUL, its line ends made one character each, as the browser counted them."""

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value)).replace("\r\n", "\n")
        if "\0" in text:
            raise ValidationError(_("This holds a character that cannot be kept (NUL). Delete it and write it again."))
        return text


class ReportForm(forms.Form):
    """What a person may say. Error messages say what to do."""

    text = PlainText(
        max_length=MAX_TEXT,
        error_messages={
            "required": _("Write what you see or need."),
            "max_length": _("Shorten this to %(limit_value)s characters; it has %(show_value)s."),
        },
    )
    where = PlainText(
        max_length=300,
        required=False,
        error_messages={"max_length": _("Shorten this to %(limit_value)s characters; it has %(show_value)s.")},
    )
    lat = forms.CharField(required=False, max_length=40)
    lon = forms.CharField(required=False, max_length=40)
    when = forms.DateTimeField(
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"],
        error_messages={"invalid": _("Write date and time like 2026-01-31 14:30.")},
    )
    categories = forms.MultipleChoiceField(
        required=False, error_messages={"invalid_choice": _("Choose from the list; %(value)s is not in it.")}
    )
    contact = PlainText(
        max_length=200,
        required=False,
        error_messages={"max_length": _("Shorten this to %(limit_value)s characters; it has %(show_value)s.")},
    )
    attached = forms.Field(required=False)
    form_id = forms.RegexField(r"\A[A-Za-z0-9_-]{16,64}\Z", required=False)
    website = forms.CharField(required=False)  # a trap: people do not see it

    def __init__(
        self, operation: Operation, codes: Sequence[str], *args: Any, given: Sequence[GivenFile] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.operation = operation
        self.given = tuple(given)
        self.outside = False
        categories = self.fields["categories"]
        if isinstance(categories, forms.MultipleChoiceField):
            categories.choices = [(code, code) for code in codes]
        self.extra = fields.asked(fields.stored(operation.extra_fields))
        self.fields.update(asking.questions(self.extra, {}, binding=True))

    @property
    def questions(self) -> list[forms.BoundField]:
        """The operation's extra fields."""
        return [self[one.name] for one in self.extra]

    def clean_website(self) -> str:
        return trapped(self.cleaned_data["website"])

    def clean_lat(self) -> float | None:
        return _degrees(self.cleaned_data["lat"])

    def clean_lon(self) -> float | None:
        return _degrees(self.cleaned_data["lon"])

    def clean_when(self) -> datetime | None:
        when: datetime | None = self.cleaned_data["when"]
        if when is not None and when < EARLIEST:
            raise ValidationError(_("This is too long ago. Give the time when you saw it, or leave it empty."))
        if when is not None and when > timezone.now() + _CLOCK_AHEAD:
            raise ValidationError(_("This is in the future. Give the time when you saw it, or leave it empty."))
        return when

    def clean_contact(self) -> Address | None:
        return _contact(self.cleaned_data["contact"])

    def clean_attached(self) -> tuple[GivenFile, ...]:
        try:
            store.check(self.given)
        except Refused as refused:
            raise ValidationError(_FILES[refused.reason], code=refused.reason) from refused
        return self.given

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if "lat" in data and "lon" in data:
            try:
                self.outside = coordinates.check(data["lon"], data["lat"], self.operation.box)
            except Refused as refused:
                self.add_error(refused.field, refused.remedy)
        return data

    def message(self) -> Message:
        """What was said, of a form that is valid."""
        data = self.cleaned_data
        further: dict[str, Json] = {"outside_operation": True} if self.outside else {}
        place = GivenPlace(data["lon"], data["lat"], data["where"])
        return Message(
            text=data["text"],
            gateway_id=data["form_id"],
            sender=data["contact"],
            sent_at=data["when"],
            language=get_language() or "",
            place=place if place.lon is not None or place.name else None,
            categories=tuple(data["categories"]),
            fields=further,
            extra=asking.answers(self.extra, data),
            files=data["attached"],
        )


def trapped(filled: str) -> str:
    """What a field that people do not see holds: nothing, or a program filled it in."""
    if filled:
        raise ValidationError(_("Leave this field empty: it is there to catch programs."))
    return ""


def _degrees(text: str) -> float | None:
    if not text:
        return None
    try:
        return float(text.replace(",", ".").removesuffix("°"))
    except ValueError:
        raise ValidationError(_("Write degrees as a decimal number, like 18.5392.")) from None


def _contact(text: str) -> Address | None:
    if not text:
        return None
    if "@" in text:
        try:
            validate_email(text)
        except ValidationError:
            raise ValidationError(_("This is not an e-mail address. Correct it, or leave it empty.")) from None
        return Address("email", text.lower())
    address = wire.address(text)
    if address.kind != "tel":
        raise ValidationError(
            _("Write a phone number with its country code, like +509 5550 0100, or an e-mail address.")
        )
    return address


# --- pages ---------------------------------------------------------------------------------------------------------


@never_cache  # each copy of the page has a form_id of its own
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@public
def report_form(request: HttpRequest, operation: Operation) -> HttpResponse:
    """Shows the form, and takes it. What was typed is shown again whenever it is not taken."""
    source = Source.objects.select_related("operation").filter(operation=operation, channel="web", active=True).first()
    if source is None or not operation.open:
        return _closed(request, operation)
    if request.method != "POST":
        return empty(request, operation, secrets.token_urlsafe(18))
    groups = _groups(operation)
    codes = _codes(groups)
    try:
        with _files(request) as given:
            return _take(request, source, ReportForm(operation, codes, request.POST, given=given), groups)
    except Refused as refused:  # too large to be read
        refusals.count(source, refused.reason)
        anew = ReportForm(operation, codes, initial={"form_id": secrets.token_urlsafe(18)})
        problem = _("This is too long to be read. Go back, shorten it, or choose fewer files, and send it again.")
        if refused.status == 503:
            problem = _("Too many files come in at this moment. Go back, wait a minute and send it again.")
        return _page(request, anew, groups, problem=problem, status=refused.status)


def empty(request: HttpRequest, operation: Operation, form_id: str = "") -> HttpResponse:
    """The form with nothing in it."""
    groups = _groups(operation)
    return _page(request, ReportForm(operation, _codes(groups), initial={"form_id": form_id}), groups)


def _closed(request: HttpRequest, operation: Operation) -> HttpResponse:
    if _for_script(request):
        problem = _("This operation takes no reports through its web form at present.")
        return JsonResponse({"problem": problem, "errors": {}}, status=404)
    return render(request, "intake/closed.html", {"operation": operation}, status=404)


def _for_script(request: HttpRequest) -> bool:
    """Whether the form's script sends it, which may do so long after it was written: see static/intake/queue.js."""
    return request.method == "POST" and request.headers.get("Accept") == "application/json"


def _files(request: HttpRequest) -> AbstractContextManager[tuple[GivenFile, ...]]:
    """The files that came; a form without any is small."""
    if uploads.is_multipart(request):
        return uploads.files(request)
    bodies.size(request, MAX_BYTES)
    return nullcontext(())


def _take(request: HttpRequest, source: Source, form: ReportForm, groups: list[_Group]) -> HttpResponse:
    try:
        limits.check_caller(request)
        limits.check(source)
    except Refused as refused:
        refusals.count(source, refused.reason)
        problem = _("Too many reports came at once. Yours is still here: wait a minute and send it again.")
        return _page(request, form, groups, problem=problem, status=refused.status)
    with timezone.override(ZoneInfo(source.operation.time_zone)):
        valid = form.is_valid()
    if not valid:
        refusals.count(source, "trap" if "website" in form.errors else "form_error")
        return _page(request, form, groups, status=400)
    message = form.message()
    try:
        kept = keep(source, [message])[0]
    except TryAgain:
        return _page(
            request, form, groups, problem=_("Your report was not kept. Send it again in a minute."), status=503
        )
    address = reverse("report_sent", args=[source.operation.slug, kept.ref])
    if not _for_script(request):
        return HttpResponseRedirect(address)
    # A report that was changed after its first version had come, whose answer was lost, is another report.
    other = not kept.new and not _same(source, kept.ref, message)
    return JsonResponse({"ref": kept.ref, "address": address}, status=409 if other else 200)


def _same(source: Source, ref: str, message: Message) -> bool:
    """Whether what is kept under this reference is what came now."""
    report = Report.objects.get(operation=source.operation, ref=ref)
    place = message.place or GivenPlace()
    return (
        (report.text, report.sender_id) == (message.text, pseudonym_of(source, message))
        and (report.lon, report.lat, report.place_said) == (place.lon, place.lat, place.name)
        and (report.sent_at, report.categories_said) == (message.sent_at, list(message.categories))
        and report.extra == message.extra
        and list(report.attachments.order_by("number").values_list("sha256", flat=True))
        == [hashlib.sha256(file.data).hexdigest() for file in message.files]
    )


@never_cache
@public
def report_sent(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """Says that the report is kept and under which reference, and asks for the place if none was named."""
    report = Report.objects.filter(operation=operation, source__channel="web", ref=ref).first()
    if report is None:
        raise Http404("no such report")
    page = {"operation": operation, "ref": ref, "no_place": not names_place(operation, _said(report))}
    return render(request, "intake/sent.html", page)


@never_cache
@public
def report_shared(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """For who sent it: what was shared of it, and with whom. Whoever holds the reference is taken to be them."""
    report = Report.objects.filter(operation=operation, source__channel="web", ref=ref).first()
    if report is None:
        raise Http404("no such report")
    page = {"operation": operation, "ref": ref, "shared": shared.of_reports(operation, [report.pk])}
    return render(request, "intake/shared.html", page)


def _said(report: Report) -> Message:
    """What decides the answer: the text, and whether a place came with it."""
    place = GivenPlace(report.lon, report.lat, report.place_said)
    return Message(report.text, place=place if place.lon is not None or place.name else None)


@dataclass(frozen=True, slots=True)
class _Group:
    """A category at the top, and those under it."""

    top: Category
    children: tuple[Category, ...]


def _groups(operation: Operation) -> list[_Group]:
    under: dict[int | None, list[Category]] = {}
    for category in operation.categories.all():
        under.setdefault(category.parent_id, []).append(category)
    return [_Group(top, tuple(_below(top, under))) for top in under.get(None, [])]


def _codes(groups: Sequence[_Group]) -> list[str]:
    return [category.code for group in groups for category in (group.top, *group.children)]


def _below(category: Category, under: dict[int | None, list[Category]]) -> list[Category]:
    children = under.get(category.pk, [])
    return [found for child in children for found in (child, *_below(child, under))]


def _page(
    request: HttpRequest, form: ReportForm, groups: list[_Group], *, problem: object = "", status: int = 200
) -> HttpResponse:
    response = _told(form, problem, status) if _for_script(request) else _shown(request, form, groups, problem, status)
    if status in {429, 503}:
        response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


def _told(form: ReportForm, problem: object, status: int) -> JsonResponse:
    """What is wrong, by the name of the input that it is about."""
    errors = {} if problem else {name: list(said) for name, said in form.errors.items()}
    if "attached" in errors:
        errors["files"] = errors.pop("attached")
    return JsonResponse({"problem": problem, "errors": errors}, status=status)


def _shown(request: HttpRequest, form: ReportForm, groups: list[_Group], problem: object, status: int) -> HttpResponse:
    chosen = set(form["categories"].value() or ())
    page = {
        "operation": form.operation,
        "form": form,
        "groups": groups,
        "chosen": chosen,
        "open_groups": {group.top.pk for group in groups if chosen & {child.code for child in group.children}},
        "problem": problem,
        "max_text": MAX_TEXT,
        "most": f"{kinds.MAX_FILES} {kinds.MAX_FILE} {kinds.MAX_TOGETHER}",
        "about_files": _FILES,
        "must_answer": any(one.required for one in form.extra),
        "places": units(form.operation) if any(one.kind == "place" for one in form.extra) else [],
    }
    return render(request, "intake/report.html", page, status=status)
