"""Pure but for chance: signs that somebody reads out at night and nobody takes for another."""

from __future__ import annotations

import secrets

#: No I, L, O, U, 0 and 1, as in Crockford's base 32.
LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def drawn(count: int) -> str:
    """So many of them, at random: nobody guesses the next."""
    return "".join(secrets.choice(LETTERS) for _ in range(count))
