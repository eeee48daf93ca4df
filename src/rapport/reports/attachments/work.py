"""The worker's job: one waiting attachment after the other gets its cleaned copy, or the reason why there is none."""

from __future__ import annotations

import hashlib
import time

from cryptography.fernet import InvalidToken
from django.db.models import Case, F, QuerySet, When

from rapport.oversight.switches import stopped_everywhere, stopped_in
from rapport.reports.attachments import kinds, sandbox, store
from rapport.reports.attachments.copies import Copy, Unclean
from rapport.reports.models import Attachment, AttachmentState

#: Times an attachment is begun with before it is left alone: one that takes the worker down is not begun for ever.
TRIES = 3
_SWEEP = 3600.0  # seconds between two looks for files that belong to nothing
_swept = -_SWEEP


def clean() -> int:
    """Cleans the attachment that waits longest, photos first; how many that were, 0 or 1. Two workers may do the same
    one twice: the second finds it done.

    A photo takes a second or two, a document up to a minute: whoever sends hundreds of those makes no photo wait.
    """
    photos_first = Case(When(found_type__startswith="image/", then=0), default=1)
    waiting = _waiting().order_by(photos_first, "id").first()
    if waiting is None:
        _sweep_at_times()
        return 0
    Attachment.objects.filter(pk=waiting.pk).update(tries=F("tries") + 1)
    try:
        if waiting.tries >= TRIES:
            raise Unclean("the programs that decode it broke off again and again")
        _done(waiting, _copy_of(waiting))
    except Unclean as why:
        _settle(waiting, state=AttachmentState.REFUSED, problem=str(why)[:200])
    return 1


def _waiting() -> QuerySet[Attachment]:
    """Those of operations in which cleaning is not stopped."""
    if stopped_everywhere("attachments"):
        return Attachment.objects.none()
    waiting = Attachment.objects.filter(state=AttachmentState.WAITING)
    return waiting.exclude(report__operation__in=held) if (held := stopped_in("attachments")) else waiting


def _copy_of(attachment: Attachment) -> Copy:
    try:
        data = store.original(attachment)
    except (OSError, InvalidToken) as error:
        raise Unclean("its original cannot be read from disk") from error
    if hashlib.sha256(data).hexdigest() != attachment.sha256:
        raise Unclean("its original is not what came in")
    return sandbox.cleaned(data, kinds.of_type(attachment.found_type))


def _done(attachment: Attachment, copy: Copy) -> None:
    store.keep_copy(attachment, copy)
    _settle(
        attachment,
        state=AttachmentState.CLEAN,
        problem=copy.note[:200],
        copy_type=copy.type,
        copy_size=len(copy.data),
        copy_sha256=hashlib.sha256(copy.data).hexdigest(),
        small_size=len(copy.small),
        width=copy.width,
        height=copy.height,
        seconds=copy.seconds,
        pages=copy.pages,
    )


def _settle(attachment: Attachment, **found: object) -> None:
    Attachment.objects.filter(pk=attachment.pk, state=AttachmentState.WAITING).update(**found)


def _sweep_at_times() -> None:
    global _swept
    if time.monotonic() - _swept >= _SWEEP:
        _swept = time.monotonic()
        store.sweep()
