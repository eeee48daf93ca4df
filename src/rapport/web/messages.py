"""Collect what is to be translated and compile the translations: `python -m rapport.web.messages`.

Reads every template and module of rapport and its own protocol, brings web/locale/*/LC_MESSAGES/django.po up to date
(translations are kept, texts that are gone are dropped) and compiles each to django.mo. `--check` changes nothing and
fails if anything would change. Needs Babel, which the development requirements bring.
"""

from __future__ import annotations

import argparse
import ast
import calendar
import io
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[1]
LOCALE = ROOT / "web" / "locale"
#: Functions whose texts are translated, and which of their arguments.
FUNCTIONS: Mapping[str, Any] = {
    "_": None, "gettext": None, "gettext_lazy": None, "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
#: Errors that say to people what stands in their way.
_ERRORS: Mapping[str, Sequence[int | str]] = {"Refused": (2,), "Conflict": (1,), "NotAllowed": (1,)}
#: Pure modules, and errors, say things in plain English; the pages translate them (operations/translated.py). By file:
#: of a function which of its arguments, by place or name; of a table, a list or a class of choices all texts (), and
#: of a function that stands there what it returns.
PLAIN: Mapping[str, Mapping[str, Sequence[int | str]]] = {
    "events/filters.py": {"Refused": (2,)},
    "operations/fields.py": {"BadValue": (2,)},
    "contacts/challenge.py": {**_ERRORS, "Sentence": (1,), "_checked": (3,)},
    "contacts/callers/books.py": _ERRORS,
    "contacts/kinds.py": {
        "TITLES": (), "NOT_AGREEING": (), "ANSWERS": (), "_CONFIDENCE": (), "_CONSENT": (),
        "Field": (2, 3, "choices"), "Problem": (2,), "Sentence": (1,),
    },
    "contacts/sound.py": {"Problem": (2,)},
    "contacts/clocks.py": {"Sentence": (1,)},
    "contacts/escalation.py": {"NOBODY_LEFT": ()},
    "contacts/models.py": {"State": (), "CharField": ("choices",)},
    "contacts/cases/models.py": {"State": ()},
    "contacts/cases/carrying.py": _ERRORS,
    "contacts/cases/duty.py": _ERRORS,
    "contacts/cases/going.py": _ERRORS,
    "contacts/cases/owning.py": _ERRORS,
    "contacts/cases/taking.py": _ERRORS,
    "contacts/cases/trying.py": _ERRORS,
    "contacts/cases/writing.py": _ERRORS,
    "contacts/directory/looking.py": _ERRORS,
    "contacts/lowtech/fax.py": {**_ERRORS, "Sentence": (1,)},
    "contacts/lowtech/words.py": {**_ERRORS, "Sentence": (1,)},
    "contacts/pings/post.py": {"put": (), "way": ()},
    "contacts/pings/running.py": {"_NOT_IN_TIME": ()},
    "contacts/pings/starting.py": {**_ERRORS, "Sentence": (1,)},
    "contacts/representatives/confirming.py": _ERRORS,
    "notify/models.py": {"OutboxState": ()},
    "notify/ways.py": {"_EXERCISE": (), "lane": ()},
}  # fmt: skip
#: Compiled files carry a date; a fixed one makes the same translations the same bytes.
_UNDATED = datetime(2000, 1, 1, tzinfo=UTC)
_CALL = re.compile(r"\b(n?p?gettext|_)\((?=u?['\"])")

Found = tuple[str, int, Any, str | None]  # file, line, text or (singular, plural), context


def found_in(path: Path) -> Iterator[Found]:
    """The texts to translate in one template or module."""
    name = path.relative_to(ROOT).as_posix()
    if path.suffix == ".html":
        for line, text, context in in_template(path.read_text("utf-8"), name):
            yield name, line, text, context
        return
    if path.suffix == ".toml":
        yield from ((name, 1, why, None) for why in _whys(path))
        return
    for line, text, _, context in extract("python", io.BytesIO(path.read_bytes()), keywords=FUNCTIONS):
        yield name, line, text, context
    if name in PLAIN:
        yield from ((name, 1, text, None) for text in plain(path.read_text("utf-8"), PLAIN[name]))


def plain(source: str, named: Mapping[str, Sequence[int | str]]) -> Iterator[str]:
    """What a module says in plain English under these names (PLAIN). Sentences made of pieces are left out: nobody
    could look them up."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in named:
                given: dict[int | str | None, ast.expr] = {one.arg: one.value for one in node.keywords}
                given.update(enumerate(node.args, 1))
                yield from (text for wanted in named[name] if wanted in given for text in _texts(given[wanted]))
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in named:
                yield from _texts(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if name in named:
                yield from _texts(value)
            case ast.FunctionDef(name=name) if name in named:
                found = [one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value]
                yield from (text for one in found for text in _texts(one))
            case ast.ClassDef(name=name, body=body) if name in named:
                yield from (text for one in body if isinstance(one, ast.Assign) for text in _texts(one.value))


def _texts(node: ast.expr) -> Iterator[str]:
    """The texts in a table or list; of a pair, which is a value and its words, the words."""
    match node:
        case ast.Constant(value=str(text)) if text:
            yield text
        case ast.Dict(values=values):
            yield from (text for one in values for text in _texts(one))
        case ast.List(elts=elements):
            yield from (text for one in elements for text in _texts(one))
        case ast.Tuple(elts=[_, words]):
            yield from _texts(words)


def _whys(path: Path) -> Iterator[str]:
    """What readers see of a protocol that comes with rapport: its title, those of its audiences, its reasons."""
    for tables in tomllib.loads(path.read_text("utf-8")).values():
        for table in tables if isinstance(tables, list) else [tables]:
            yield from (table[key] for key in ("title", "why") if key in table)


def in_template(source: str, name: str) -> Iterator[tuple[int, Any, str | None]]:
    """The texts of a template, as Django itself will look them up: it turns its tags into function calls."""
    for number, line in enumerate(templatize(source, origin=name).splitlines(), 1):
        for call in _CALL.finditer(line):
            function, texts = call[1], list(_strings(line[call.end() :]))
            context = texts.pop(0) if "p" in function.removesuffix("gettext") else None
            yield number, tuple(texts[:2]) if function.startswith("n") else texts[0], context


def _strings(call: str) -> Iterator[str]:
    """The string literals at the start of a call's arguments."""
    while literal := re.match(r"\s*,?\s*(u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"))", call):
        yield ast.literal_eval(literal[1])
        call = call[literal.end() :]


def everything() -> Iterator[Found]:
    """The texts of all of rapport, and the names of months and days, which Django does not have in every language. A
    month's short name begins with a capital on pages (`M`), so that "nov" was taken for English in French too."""
    protocols = [ROOT / "sharing" / "protocol" / "shipped" / f"{name}.toml" for name in ("house", "closed")]
    protocols += sorted((ROOT / "data").glob("*/protocol.toml"))
    for path in sorted([*ROOT.rglob("*.html"), *ROOT.rglob("*.py"), *protocols]):
        if not {"migrations", "locale", "__pycache__"} & set(path.parts):
            yield from found_in(path)
    short = [name.lower() for name in calendar.month_abbr[1:]]
    names = [*calendar.month_name[1:], *short, *calendar.day_name, *calendar.day_abbr]
    yield from (("django/utils/dates.py", 1, name, None) for name in dict.fromkeys(names))


def template_catalog(found: Iterable[Found]) -> Catalog:
    """A catalogue without translations. Places are file names without lines: they would change with every edit."""
    catalog = Catalog(project="rapport", charset="utf-8", fuzzy=False)
    for name, _, text, context in found:
        flags = ["python-format"] if "%(" in (text if isinstance(text, str) else text[0]) else []
        catalog.add(text, locations=[(name, None)], context=context, flags=flags)  # type: ignore[list-item]
    return catalog


def updated(po: Path, template: Catalog) -> tuple[bytes, bytes]:
    """The .po file with all texts of the template, and its compiled form. The header is kept as people wrote it."""
    old = po.read_bytes()
    header, _, _ = old.partition(b"\n\n")
    catalog = read_po(io.BytesIO(old), locale=None, domain="django")
    catalog.update(template, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    text, compiled = io.BytesIO(), io.BytesIO()
    write_po(text, catalog, omit_header=True, sort_output=True, width=120)
    body = header + b"\n\n" + text.getvalue().lstrip(b"\n")
    final = read_po(io.BytesIO(body), domain="django")
    final.creation_date = final.revision_date = _UNDATED
    write_mo(compiled, final)
    return body, compiled.getvalue()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; fail if a file is not up to date")
    check = parser.parse_args(arguments).check
    template = template_catalog(everything())
    stale = [path for po in sorted(LOCALE.glob("*/LC_MESSAGES/django.po")) for path in _bring(po, template, check)]
    for path in stale:
        sys.stdout.write(f"{path.relative_to(ROOT)}: {'not up to date; run make messages' if check else 'written'}\n")
    return 1 if check and stale else 0


def _bring(po: Path, template: Catalog, check: bool) -> Iterator[Path]:
    for path, wanted in zip((po, po.with_suffix(".mo")), updated(po, template), strict=True):
        if not path.exists() or path.read_bytes() != wanted:
            if not check:
                path.write_bytes(wanted)
            yield path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
