"""Decisions over a bad line: a form that its page's script sends again, because no answer came, has its effect once.

static/desk/line.js sends the forms of the desk with a key of their own. What was done under a key is remembered in the
person's session with where it led to; a repeat is led there and does nothing. Two that arrive at the same moment meet
in the actions themselves, which take a report, an event or a decision once.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

HEADER = "X-Form"
REMEMBERED = 40  # forms of a session; a repeat comes within minutes [ours]
_KEY = re.compile(r"[0-9a-f]{32}")
_DONE = "forms-done"


def sent_once(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answers such a form with {"to": where it leads} instead of leading there, with 401 and {"sign_in": where} if its
    person must show first who they are, and with the page that says what is wrong as ever."""

    def respond(request: HttpRequest) -> HttpResponse:
        key = request.headers.get(HEADER, "")
        if request.method != "POST" or not _KEY.fullmatch(key):
            return get_response(request)
        if request.user.is_authenticated and (done := request.session.get(_DONE, {}).get(key)):
            return JsonResponse({"to": done})
        response = get_response(request)
        if response.status_code not in {302, 303}:
            return response
        to = response.headers["Location"]
        if not request.user.is_authenticated or to.startswith("/accounts/"):
            return JsonResponse({"sign_in": to}, status=401)
        earlier = list(request.session.get(_DONE, {}).items())[-REMEMBERED + 1 :]
        request.session[_DONE] = dict([*earlier, (key, to)])
        answer = JsonResponse({"to": to})
        answer.cookies.update(response.cookies)
        return answer

    return respond
