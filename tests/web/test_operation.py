from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.operations.models import Operation


def test_an_outsider_may_nothing(outsider: Person, operation: Operation) -> None:
    assert not any(outsider.may(permission, operation.pk) for permission in Permission)


def test_a_volunteer_publishes_but_does_not_verify(volunteer: Person, operation: Operation) -> None:
    assert volunteer.may(Permission.DESK_EVENT_PUBLISH, operation.pk)
    assert not volunteer.may(Permission.DESK_EVENT_VERIFY, operation.pk)
