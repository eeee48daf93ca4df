"""Pure: the words of a page, without its markup. Nothing of it is run, fetched or drawn; what is hidden stays out.

Not by html.parser, which takes hours for some kilobytes of broken tags: here every step goes forward.
"""

from __future__ import annotations

import html
import re

from rapport.intake.channels.wire import shown

#: Elements that begin a line, and elements that nobody sees.
_BREAKS = frozenset(
    {"address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figure", "footer", "form", "h1", "h2",
     "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "tr", "ul"}
)  # fmt: skip
_SKIPPED = frozenset({"head", "math", "noscript", "object", "script", "style", "svg", "template", "title"})
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*>|<![^<>]*>|<\?[^<>]*>")
_SPACES = re.compile(r"[ \t\r\f\v]+")
_LINES = re.compile(r" ?\n ?")
_GAPS = re.compile(r"\n{3,}")


def words(markup: str) -> str:
    """The text of HTML as it would be read aloud: blocks become lines, links keep their words. Total: any string is
    read, however broken, in a time that grows with its length."""
    parts: list[str] = []
    at, unclosed = 0, set[str]()
    while (opens := markup.find("<", at)) >= 0:
        parts.append(_text(markup[at:opens]))
        at = _after_hidden(markup, opens, unclosed)
        if at > opens:
            continue
        found = _TAG.match(markup, opens)
        if found is None:  # a sign that opens nothing: it was meant
            parts.append("<")
            at = opens + 1
        else:
            parts.append(_break(found))
            at = found.end()
    parts.append(_text(markup[at:]))
    text = _LINES.sub("\n", _SPACES.sub(" ", "".join(parts)))
    return shown(_GAPS.sub("\n\n", text)).strip()


def _after_hidden(markup: str, opens: int, unclosed: set[str]) -> int:
    """Where a comment, or an element that nobody sees, ends; `opens` where there is none. One that is never closed
    hides nothing: `unclosed` remembers it, so that the end is looked for once."""
    if markup.startswith("<!--", opens):
        name, close = "--", re.compile("-->")
    else:
        found = _TAG.match(markup, opens)
        name = (found[2] or "").lower() if found else ""
        if found is None or found[1] or name not in _SKIPPED or found[0].endswith("/>"):
            return opens
        close = re.compile(rf"</{name}[^<>]*>", re.IGNORECASE | re.ASCII)
    end = None if name in unclosed else close.search(markup, opens)
    if end is None:
        unclosed.add(name)
        return opens
    return end.end()


def _break(found: re.Match[str]) -> str:
    name = (found[2] or "").lower()
    if name in {"td", "th"}:
        return " "
    return ("\n\n" if name == "p" and not found[1] else "\n") if name in _BREAKS else ""


def _text(raw: str) -> str:
    try:
        return html.unescape(raw.replace("\n", " "))
    except ValueError:  # a number of thousands of digits, which names no letter
        return raw.replace("\n", " ")
