"""People, organisations, their roles in operations, invitations and keys."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models

from rapport.accounts.permissions import ROLE_PERMISSIONS, Permission, Role


class Organisation(models.Model):
    """One that people and systems read for, once an agreement lets them (sharing/agreements.py). Protocols name it by
    its slug, its kind (values.ORGANISATION_KINDS, or words of one's own) and its sectors."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=60, blank=True)
    sectors = models.JSONField(default=list)  # of texts

    def __str__(self) -> str:
        return self.name


class Person(AbstractUser):
    """Somebody who signs in. The name shown to colleagues is `first_name` + `last_name`, else the user name."""

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


class Belonging(models.Model):
    """Somebody reads for an organisation in one operation, as its team has said: a lead of another vouches for nobody
    here."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="belongings")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="belongings")
    operation = models.ForeignKey("operations.Operation", on_delete=models.CASCADE, related_name="belongings")
    created_at = models.DateTimeField(auto_now_add=True)
    entered_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")  # null: not noted

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "organisation", "operation"], name="one_belonging")]

    def __str__(self) -> str:
        return f"{self.person} for {self.organisation}"


class Invitation(models.Model):
    """A link that lets one new person in, with a role or as one of an organisation. The token is shown once; its hash
    is kept."""

    operation = models.ForeignKey("operations.Operation", on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=16, blank=True, choices=[(role.value, role.value) for role in Role])
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="invitations")
    token_hash = models.CharField(max_length=64, unique=True)
    note = models.CharField(max_length=200, blank=True)
    invited_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="invitations")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    accepted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role="", organisation__isnull=False)
                | ~models.Q(role="") & models.Q(organisation=None),
                name="role_or_organisation",
            )
        ]

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
