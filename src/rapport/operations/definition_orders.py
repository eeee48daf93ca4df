"""Pure: the standing orders of an operation's file ([[orders]]), as desk/standing_orders/orders.py reads them."""

from __future__ import annotations

from dataclasses import dataclass

from rapport.operations.strict import SLUG, Table
from rapport.values import Json, Precision, Status


@dataclass(frozen=True, slots=True)
class OrderDefinition:
    slug: str
    text: str
    rule: dict[str, Json]


def read_order(table: Table) -> OrderDefinition:
    """One order; a key or an effect that nobody knows is an error."""
    rule = table.table("rule")
    if rule is None:
        raise table.bad("rule", "is missing; write [orders.rule]")
    made = OrderDefinition(
        slug=table.text("slug", None, SLUG, "with small letters, digits and hyphens"),
        text=table.text("text"),
        rule=_rule(rule),
    )
    table.nothing_else()
    return made


def _rule(table: Table) -> dict[str, Json]:
    rule: dict[str, Json] = {
        "source": table.text("source"),
        "when": [_condition(inner) for inner in table.tables("when")],
        "then": [_effect(inner) for inner in table.tables("then")],
        "also": [_further(inner) for inner in table.tables("also")],
    }
    table.nothing_else()
    if not rule["then"]:
        raise table.bad("then", "an order without an effect does nothing; name at least one")
    return rule


def _condition(table: Table) -> dict[str, Json]:
    made: dict[str, Json]
    if "inside" in table.data:
        made = {"inside": table.one_of("inside", ("operation",))}
    else:
        made = {"field": table.text("field"), "is": table.text("is", "")}
    table.nothing_else()
    return made


def _effect(table: Table) -> dict[str, Json]:
    accept = table.table("accept")
    made: dict[str, Json] = {"accept": _accept(accept)} if accept else {"publish": table.flag("publish")}
    table.nothing_else()
    if made.get("publish") is False:
        raise table.bad("publish", "write true, or leave the effect out")
    return made


def _accept(table: Table) -> dict[str, Json]:
    words = [precision.word for precision in Precision]
    made: dict[str, Json] = {
        "title_from": table.text("title_from", ""),
        "precision": table.one_of("precision", words, Precision.LOCALITY.word),
    }
    table.nothing_else()
    return made


def _further(table: Table) -> dict[str, Json]:
    statuses = [status.value for status in Status if status is not Status.UNVERIFIED]
    made: dict[str, Json] = {
        "when": [_condition(inner) for inner in table.tables("when")],
        "status": table.one_of("status", statuses),
    }
    table.nothing_else()
    return made
