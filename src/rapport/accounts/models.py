"""People, organisations, their roles in operations, invitations and keys."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models

from rapport.accounts.permissions import ROLE_PERMISSIONS, Permission, Role


class Organisation(models.Model):
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name


class Person(AbstractUser):
    """Somebody who signs in. The name shown to colleagues is `first_name` + `last_name`, else the user name."""

    organisation = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.SET_NULL)
    language = models.CharField(max_length=12, blank=True)

    #: Set on the person of a request who needs a second factor and has none yet (accounts/sessions.py): may nothing.
    held_back = False

    @property
    def shown_name(self) -> str:
        return self.get_full_name() or self.username

    def roles_in(self, operation_id: int) -> frozenset[Role]:
        """The roles held in an operation; one query, remembered for the life of this object (one request)."""
        cache: dict[int, frozenset[Role]] = self.__dict__.setdefault("_roles", {})
        if operation_id not in cache:
            held = self.memberships.filter(operation_id=operation_id).values_list("role", flat=True)
            cache[operation_id] = frozenset(Role(role) for role in held)
        return cache[operation_id]

    def may(self, permission: Permission, operation_id: int) -> bool:
        if not self.is_active or self.held_back:
            return False
        return any(permission in ROLE_PERMISSIONS[role] for role in self.roles_in(operation_id))


class Membership(models.Model):
    """A person's role in one operation."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    operation = models.ForeignKey("operations.Operation", on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=[(role.value, role.value) for role in Role])
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "operation", "role"], name="one_membership")]

    def __str__(self) -> str:
        return f"{self.person} {self.role}"


class Invitation(models.Model):
    """A link that lets one new person in. The token is shown once; its hash is kept."""

    operation = models.ForeignKey("operations.Operation", on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=16, choices=[(role.value, role.value) for role in Role])
    token_hash = models.CharField(max_length=64, unique=True)
    note = models.CharField(max_length=200, blank=True)
    invited_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="invitations")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    accepted_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class ApiKey(models.Model):
    """A system's key to one source. Shown once when made; its hash is kept, and the first characters to name it."""

    source = models.ForeignKey("operations.Source", on_delete=models.CASCADE, related_name="keys")
    name = models.CharField(max_length=100)
    start = models.CharField(max_length=8)
    key_hash = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.start}…)"
