"""The public page of automated functions: what runs by itself here, and the form to say that it was wrong.

Like the report form it is open to everybody and does nothing in anybody's name: no cookie, no CSRF token.
"""

from __future__ import annotations

import secrets

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from rapport.desk.automated import contests, state
from rapport.errors import Refused
from rapport.intake import limits, refusals
from rapport.intake.form import PlainText, trapped
from rapport.intake.views import RETRY_AFTER
from rapport.operations import bodies
from rapport.operations.access import public
from rapport.operations.models import Operation
from rapport.oversight import register
from rapport.oversight.models import Contest

MAX_BYTES = 64 * 1024  # of a whole form


class ContestForm(forms.Form):
    """What a reader says against a function. Error messages say what to do."""

    function = forms.ChoiceField(
        choices=[(one.id, one.name) for one in register.REGISTER],
        error_messages={"required": _("Choose one of the list."), "invalid_choice": _("Choose one of the list.")},
    )
    text = PlainText(
        max_length=contests.LONGEST,
        error_messages={
            "required": _("Write what is wrong."),
            "max_length": _("Shorten this to %(limit_value)s characters; it has %(show_value)s."),
        },
    )
    about = PlainText(
        max_length=contests.LONGEST_ABOUT,
        required=False,
        error_messages={"max_length": _("Shorten this to %(limit_value)s characters; it has %(show_value)s.")},
    )
    form_id = forms.RegexField(r"\A[A-Za-z0-9_-]{16,64}\Z", required=False)
    website = forms.CharField(required=False)  # a trap: people do not see it

    def clean_website(self) -> str:
        return trapped(self.cleaned_data["website"])


@never_cache  # each copy of the page has a form_id of its own
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@public
def automated(request: HttpRequest, operation: Operation) -> HttpResponse:
    """Shows the functions and the form (`?function=` chooses one), and takes it. What was typed is shown again whenever
    it is not taken."""
    if request.method != "POST":
        chosen = register.find(request.GET.get("function", ""))
        initial = {"function": chosen.id if chosen else "", "form_id": secrets.token_urlsafe(18)}
        return _page(request, operation, ContestForm(initial=initial))
    try:
        bodies.size(request, MAX_BYTES)
    except Refused as refused:
        refusals.count(None, refused.reason)
        anew = ContestForm(initial={"form_id": secrets.token_urlsafe(18)})
        return _page(request, operation, anew, gettext("This is too long to be read. Go back and shorten it."), refused)
    form = ContestForm(request.POST)
    try:
        limits.check_caller(request)
        limits.check_contests(operation.pk)
    except Refused as refused:
        refusals.count(None, refused.reason)
        problem = gettext("Too many came at once. What you wrote is still here: wait a minute and send it again.")
        return _page(request, operation, form, problem, refused)
    return _take(request, operation, form)


def _take(request: HttpRequest, operation: Operation, form: ContestForm) -> HttpResponse:
    if not form.is_valid():
        refusals.count(None, "trap" if "website" in form.errors else "form_error")
        return _page(request, operation, form, status=400)
    said = form.cleaned_data
    made = contests.contest(operation, said["function"], said["text"], said["about"], said["form_id"])
    return HttpResponseRedirect(reverse("contest", args=[operation.slug, made.ref]))


def _page(
    request: HttpRequest,
    operation: Operation,
    form: ContestForm,
    problem: str = "",
    refused: Refused | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {
        "operation": operation,
        "rows": state.rows(operation),
        "form": form,
        "problem": problem,
        "longest": contests.LONGEST,
        "longest_about": contests.LONGEST_ABOUT,
    }
    response = render(request, "intake/automated.html", context, status=refused.status if refused else status)
    if response.status_code == 429:
        response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


@never_cache
@require_safe
@public
def contest(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """That it is kept, and what the team says to it, for whoever has the reference."""
    found = get_object_or_404(Contest, operation=operation, ref=ref, person=None)
    context = {"operation": operation, "contest": found, "function": register.find(found.function)}
    return render(request, "intake/contest.html", context)
