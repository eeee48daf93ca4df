"""`make reliability`: how far the labels' probabilities can be taken at their word, on the validation messages.

Writes the plot docs/images/reliability.svg and, between two marks of docs/reference/text-engine.md, the same numbers.
The test split is not read.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from math import isnan, log10
from pathlib import Path
from xml.sax.saxutils import escape

from rapport.text.evaluation import language
from rapport.text.evaluation.messages import messages
from rapport.text.evaluation.reliability import Bin, Reliability, reliability
from rapport.text.labels.model import ANY, SHIPPED, Model, loaded

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE, PLOT = DOCS / "reference" / "text-engine.md", DOCS / "images" / "reliability.svg"
BEGIN, END = "<!-- reliability:begin -->", "<!-- reliability:end -->"
NAMES = {"all": "all texts", "en": "English", "fr": "French", "ht": "Kreyòl", ANY: "unsure", "": "another"}
APART = ("en", "ht")  # languages with a plot of their own
_SIDE, _LEFT, _TOP, _APART, _STRIP = 230, 62, 54, 300, 46  # of a plot, in pixels
_ANSWERS = 5  # powers of ten that the strip of counts holds
_BLUE, _GREY = "#1f4e8c", "#595959"


def main() -> None:
    model = loaded(SHIPPED)
    together, apart = reliability(model, messages(), "validation", language.told)
    plotted = (together, *(one for one in apart if one.language in APART))
    PLOT.write_text(svg(plotted), encoding="utf-8")
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    inside = "\n".join([*by_language(model, together, apart), "", *table(plotted)])
    PAGE.write_text(f"{before}{BEGIN}\n\n{inside}\n\n{END}{after}", encoding="utf-8")
    print(f"{PLOT.name} and {PAGE.name} are written.", file=sys.stderr)


# --- the tables ----------------------------------------------------------------------------------------------------


def by_language(model: Model, together: Reliability, apart: Sequence[Reliability]) -> Iterator[str]:
    """A row for each language by which texts are judged, in Markdown."""
    yield f"Model {model.id}, validation split, {together.texts:,} texts: messages and originals."
    yield ""
    yield "| judged by | texts | of all | labels calibrated | F1, micro | F1, macro | calibration error |"
    yield "|---|---|---|---|---|---|---|"
    for one in (*apart, together):
        of_all = percent(one.texts / together.texts)
        cells = (NAMES.get(one.language, one.language), f"{one.texts:,}", of_all, *_scores(model, one))
        yield f"| {' | '.join(cells)} |"


def _scores(model: Model, one: Reliability) -> tuple[str, str, str, str]:
    if one.calibration_error is None:
        return "0", "it abstains", "", ""
    cuts = dict(zip(model.languages, model.cuts.tolist(), strict=True)).get(one.language)
    calibrated = "" if cuts is None else str(sum(not isnan(cut) for cut in cuts))
    return calibrated, f"{one.micro_f1:.3f}", f"{one.macro_f1:.3f}", f"{one.calibration_error:.3f}"


def table(plotted: Sequence[Reliability]) -> Iterator[str]:
    """The numbers of the plot, in Markdown."""
    yield "| texts | said, mean | share that bears it | answers |"
    yield "|---|---|---|---|"
    for one in plotted:
        for found in one.bins:
            yield f"| {' | '.join((NAMES[one.language], *numbers(found)))} |"


def numbers(found: Bin) -> tuple[str, str, str]:
    """As both the table and the plot say them."""
    return percent(found.said), percent(found.share), f"{found.answers:,}"


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


# --- the plot ------------------------------------------------------------------------------------------------------


def svg(plotted: Sequence[Reliability]) -> str:
    """A plot for each, side by side: dots near the diagonal can be taken at their word."""
    width, height = _LEFT + _APART * len(plotted), _TOP + _SIDE + _STRIP + 68
    return "\n".join((
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img" aria-labelledby="title desc" font-family="sans-serif" font-size="12" fill="#1a1a1a">',
        '<title id="title">What the labels’ probabilities mean</title>',
        f'<desc id="desc">{escape(described(plotted))}</desc>',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        *(line for at, one in enumerate(plotted) for line in _plot(one, _LEFT + _APART * at)),
        f'<text x="{_LEFT}" y="{height - 14}" fill="{_GREY}">Across: probability said. Up: share that bears the label. '
        "Bars: how many answers; one twice as tall is their square.</text>",
        "</svg>",
        "",
    ))  # fmt: skip


def described(plotted: Sequence[Reliability]) -> str:
    """The plot in words, for whoever does not see it."""
    said = (
        f"{NAMES[one.language]}: "
        + ", ".join(f"{said} said, {share} borne out" for said, share, _ in map(numbers, one.bins))
        for one in plotted
    )
    return f"For answers of like probability, the share that people bear out. {'; '.join(said)}."


def _plot(one: Reliability, left: int) -> Iterator[str]:
    bottom, strip = _TOP + _SIDE, _TOP + _SIDE + 8
    yield f'<text x="{left}" y="{_TOP - 28}" font-size="15">{escape(NAMES[one.language].capitalize())}</text>'
    yield f'<text x="{left}" y="{_TOP - 10}" fill="{_GREY}">{one.texts:,} texts</text>'
    yield f'<rect x="{left}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="{_GREY}"/>'
    yield f'<path d="M{left} {bottom}L{left + _SIDE} {_TOP}" stroke="{_GREY}" stroke-dasharray="4 4"/>'
    for tick in (0, 50, 100):
        along = _SIDE * tick / 100
        yield f'<text x="{left - 6}" y="{bottom - along + 4:.1f}" text-anchor="end">{tick} %</text>'
        yield f'<text x="{left + along:.1f}" y="{strip + _STRIP + 16}" text-anchor="middle">{tick} %</text>'
    points = [(left + _SIDE * found.said, bottom - _SIDE * found.share) for found in one.bins]
    yield f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" fill="none" stroke="{_BLUE}"/>'
    for found, (x, y) in zip(one.bins, points, strict=True):
        tall = _STRIP * min(1, log10(1 + found.answers) / _ANSWERS)
        yield f'<rect x="{x - 7:.1f}" y="{strip + _STRIP - tall:.1f}" width="14" height="{tall:.1f}" fill="#b9cbe3"/>'
        yield (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{_BLUE}">'
            f"<title>{' · '.join(numbers(found))}</title></circle>"
        )


if __name__ == "__main__":
    main()
