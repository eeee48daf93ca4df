"""What several people answered: figures worked out by hand, nothing of few people shown, and no sum over questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.registry.forms import file
from rapport.registry.forms.build import weighing_form
from rapport.registry.forms.compare import Change, change
from rapport.registry.forms.model import Form, Sheet, View
from rapport.registry.forms.results import Figures, Results, results
from rapport.registry.forms.weighing import METHOD, Weighed, weighed
from tests.pure.filled_forms import HEAD, LEVELS, every_kind, framework

LEVEL = '[[section.question]]\ncode = "{code}"\nkind = "level"\nlabel = "{label}"\n'


def form_of(*levels: tuple[str, str], least: int = 5, version: str = "1", more: str = "") -> Form:
    head = HEAD.replace('version = "1"', f'version = "{version}"') + f"least = {least}\n" + LEVELS
    asked = "".join(LEVEL.format(code=code, label=label) for code, label in levels)
    return file.read(f'{head}[[section]]\ncode = "s"\ntitle = "S"\n{asked}{more}')


ONE = form_of(("q", "Q"))


def of(*given_: int) -> list[Mapping[str, Any]]:
    return [{"q": value} for value in given_]


def shown(found: Results) -> dict[str, int | None]:
    """How many answers each group shows, "" being all together."""
    row = found["q"]
    cells = {**row.groups, "": row.together}
    return {name: figures.n if figures else None for name, figures in cells.items()}


# --- figures -------------------------------------------------------------------------------------------------------


def test_figures_are_those_worked_out_by_hand() -> None:
    row = results(ONE, {"A": of(0, 1, 1, 2, 4, 4), "B": of(3, 3, 3, 3, 4)})["q"]
    assert row.groups["A"] == Figures(6, (("0", 1), ("1", 2), ("2", 1), ("3", 0), ("4", 2)), 0, 1.5, 4)
    assert row.groups["B"] == Figures(5, (("0", 0), ("1", 0), ("2", 0), ("3", 4), ("4", 1)), 3, 3.0, 4)
    assert row.together == Figures(11, (("0", 1), ("1", 2), ("2", 1), ("3", 4), ("4", 3)), 0, 3.0, 4)
    assert row.groups["A"].spread == 4
    assert row.of == ("A", "B")


def test_only_levels_scales_and_choices_are_counted_and_a_choice_has_no_median() -> None:
    found = results(every_kind(), {"A": [{"choice": "yes", "level": 2, "text": "x", "number": 7}] * 5})
    assert [one.question.code for one in found.questions] == ["choice", "level", "scale"]
    assert found["choice"].together == Figures(5, (("yes", 5), ("no", 0), ("3", 0)))


def test_what_was_skipped_does_not_count_and_a_blank_does_not() -> None:
    answers: list[Mapping[str, Any]] = [{"choice": "yes", "scale": 5}] * 5 + [
        {"choice": "no", "scale": 1},
        {"scale": 1},
    ]
    together = results(every_kind(), {"A": answers})["scale"].together
    assert together == Figures(5, (("1", 0), ("2", 0), ("3", 0), ("4", 0), ("5", 5)), 5, 5.0, 5)


def test_there_is_no_figure_over_questions() -> None:
    assert {one.name for one in fields(Results)} == {"form_slug", "form_version", "form_digest", "least", "questions"}
    assert {one.name for one in fields(Weighed)} == {"weights", "agreements", "method"}


# --- suppression ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "wanted", "together"),
    [
        ((5, 6), (5, 6), 11),
        ((5, 4), (5, None), 5),  # 9 less 5 would tell of the four
        ((5, 0), (5, None), 5),  # nor that there are none
        ((5, 4, 3), (5, None, None), 5),  # whoever knows the three would know the four
        ((5, 3, 3, 2), (5, None, None, None), 13),  # without any one of them five answers are left
        ((3, 3, 3), (None, None, None), 9),
        ((4, 4, 4), (None, None, None), None),  # twelve would say that each has four
        ((4, 4, 3), (None, None, None), 11),
        ((1, 1, 1, 1, 1, 1), (None,) * 6, None),  # six, where five are left without any one: each has one
        ((2, 1, 1, 1, 1, 1), (None,) * 6, 7),
        ((4,), (None,), None),
        ((0,), (None,), None),
        ((), (), None),
    ],
)
def test_what_is_shown_of_groups_of_these_sizes(
    sizes: Sequence[int], wanted: Sequence[int | None], together: int | None
) -> None:
    names = "ABCDEF"[: len(sizes)]
    found = results(ONE, {name: of(*[2] * size) for name, size in zip(names, sizes, strict=True)})
    assert shown(found) == {**dict(zip(names, wanted, strict=True)), "": together}


def test_an_organisation_sees_all_of_its_own_and_of_others_what_everybody_sees() -> None:
    groups = {"A": of(1, 2), "B": of(*[3] * 6), "C": of(0)}
    row, own = results(ONE, groups)["q"], results(ONE, groups, own="A")["q"]
    assert own.groups["A"] == Figures(2, (("0", 0), ("1", 1), ("2", 1), ("3", 0), ("4", 0)), 1, 1.5, 2)
    assert (own.groups["B"], own.groups["C"], own.together, own.of) == (row.groups["B"], None, row.together, row.of)
    assert results(ONE, {"A": []}, own="A")["q"].groups["A"] == Figures(0, tuple((code, 0) for code in "01234"))


LEAST = 3
SMALL = form_of(("q", "Q"), least=LEAST)
#: All that a group with too few answers may have said, as how often 0, 1 and 2 were given.
HIDDEN = [one for one in product(range(LEAST), repeat=3) if sum(one) < LEAST]


def published(vectors: Sequence[Sequence[int]]) -> tuple[Any, ...]:
    """All that somebody reads of groups that said so."""
    groups = {
        str(at): of(*(value for value, count in enumerate(vector) for _ in range(count)))
        for at, vector in enumerate(vectors)
    }
    row = results(SMALL, groups)["q"]
    return tuple(row.groups.values()), row.together, row.of


@given(st.lists(st.sampled_from(HIDDEN) | st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=4))
def test_nobody_works_out_what_a_hidden_group_said(vectors: list[tuple[int, ...]]) -> None:
    """Tried as somebody would who knows the rule: of all that the hidden groups can have said, so that just this is
    published, something else is left for how many answered in each, and for how often it gave each answer; but of an
    answer that nobody at all gave."""
    told = published(vectors)
    hidden = [at for at, figures in enumerate(told[0]) if figures is None]
    known = {(at, fact) for at in hidden for fact in range(4)}
    for guess in product(HIDDEN, repeat=len(hidden)):
        world = list(vectors)
        for at, vector in zip(hidden, guess, strict=True):
            world[at] = vector
        other = {(at, fact) for at, fact in known if facts(world[at])[fact] != facts(vectors[at])[fact]}
        if other and _could_be(world, hidden, told) and published(world) == told:
            known -= other
    nobody = {value for value in range(3) if sum(vectors[at][value] for at in hidden) == 0}
    assert [(at, fact) for at, fact in known if not (str(at) in told[2] and fact in nobody)] == []


def facts(vector: Sequence[int]) -> tuple[int, ...]:
    """How often each answer was given, and how many there are."""
    return (*vector, sum(vector))


def _could_be(world: Sequence[Sequence[int]], hidden: Sequence[int], told: tuple[Any, ...]) -> bool:
    """A quick look before the whole is published: the sums must fit."""
    _, together, names = told
    if str(hidden[0]) not in names:
        return True
    return all(sum(one[value] for one in world) == together.counts[value][1] for value in range(3))


# --- two waves -----------------------------------------------------------------------------------------------------

FIRST = form_of(("q", "Q"), ("same", "Same"), ("words", "Old words"), ("gone", "Gone"))
SECOND = form_of(("new", "New"), ("q", "Q"), ("same", "Same"), ("words", "New words"), version="2")


def wave(**answers: Sequence[int]) -> list[Mapping[str, Any]]:
    return [dict(zip(answers, values, strict=True)) for values in zip(*answers.values(), strict=True)]


def test_the_change_between_two_waves_is_the_one_worked_out_by_hand() -> None:
    """q of A: 0 1 1 2 4, median 1, spread 4; then 2 2 3 3 4, median 3, spread 2. Of B: 2 2 2 3 3, median 2, spread 1;
    then 0 1 2 2 4, median 2, spread 4. Together first 0 1 1 2 2 2 2 3 3 4: median 2, spread 4; then
    0 1 2 2 2 2 3 3 4 4: median 2, spread 4."""
    same = [3] * 5
    first = {
        "A": wave(q=(0, 1, 1, 2, 4), same=same, words=same, gone=same),
        "B": wave(q=(2, 2, 2, 3, 3), same=same, words=same, gone=same),
    }
    second = {
        "A": wave(q=(2, 2, 3, 3, 4), same=same, words=same, new=same),
        "B": wave(q=(0, 1, 2, 2, 4), same=same, words=same, new=same),
    }
    found = change(FIRST, results(FIRST, first), SECOND, results(SECOND, second))
    assert [(one.code, one.group, one.median, one.spread) for one in found] == [
        ("new", "", None, None),
        ("q", "", 0.0, 0), ("q", "A", 2.0, -2), ("q", "B", 0.0, 3),
        ("same", "", 0.0, 0), ("same", "A", 0.0, 0), ("same", "B", 0.0, 0),
        ("words", "", None, None),
        ("gone", "", None, None),
    ]  # fmt: skip
    says = {one.code: one.says for one in found if one.group == ""}
    assert says == {
        "new": "not comparable: the question is new",
        "q": "",
        "same": "",
        "words": "not comparable: the question changed, or one that it depends on did",
        "gone": "not comparable: the question is gone",
    }
    before = next(one.before for one in found if (one.code, one.group) == ("q", "A"))
    assert before is not None
    assert (before.median, before.spread) == (1.0, 4)


def only(found: list[Change], group: str = "") -> Change:
    return next(one for one in found if one.group == group)


def test_what_is_hidden_in_a_wave_does_not_show_in_the_change() -> None:
    before = results(ONE, {"A": of(*[1] * 5), "B": of(1, 2)})
    after = results(ONE, {"A": of(*[2] * 5), "B": of(*[3] * 5)})
    found = change(ONE, before, ONE, after)
    assert only(found, "B").before is None
    assert "fewer than 5 answers are protected" in only(found, "B").says
    assert (only(found, "A").median, only(found, "A").says) == (1.0, "")
    assert (only(found).median, only(found).says) == (1.5, "of other organisations: A, then A, B")


def test_a_question_that_others_are_asked_is_another_question() -> None:
    more = (
        '[[section.question]]\ncode = "d"\nkind = "level"\nlabel = "D"\nneeds = {{ question = "q", values = ["{}"] }}\n'
    )
    forms = [
        form_of(("q", words), more=more.format(value)) for words, value in (("Q", 1), ("Q", 1), ("R", 1), ("Q", 2))
    ]
    asked: Any = {"A": [{"q": 1, "d": 2}] * 5}
    for other, comparable in ((1, True), (2, False), (3, False)):
        found = change(forms[0], results(forms[0], asked), forms[other], results(forms[other], asked))
        d = next(one for one in found if one.code == "d")
        assert (d.says == "") is comparable


def test_results_of_another_form_are_no_results_of_this_one() -> None:
    with pytest.raises(ValueError, match="not results of ours 1"):
        change(FIRST, results(ONE, {}), ONE, results(ONE, {}))


# --- weighing ------------------------------------------------------------------------------------------------------

WEIGHING = weighing_form(framework())


def rated(view: View, **ratings: int) -> Sheet:
    """`u1=4`: the use of measure 1."""
    answers: Any = {
        f"{name[1:]}.{'use' if name[0] == 'u' else 'feasibility'}": value for name, value in ratings.items()
    }
    return Sheet(WEIGHING.slug, WEIGHING.version, WEIGHING.digest, "", "self", "", view, answers, "")


def test_measures_weighed_by_hand() -> None:
    """Security: the use of measure 1 is 4 4 5, of measure 2 it is 2 2 3. By the definition of alpha: differences within
    measures 9, between all 198 / 5 = 39.6, so 1 - 9 / 39.6 = 17 / 22. Diplomatic: all agree on each. All together:
    within 166.5 + 112.5, between 3240 / 11, so 19 / 360."""
    sheets = [
        rated("security", u1=4, u2=2, f1=1),
        rated("security", u1=4, u2=2, f1=2),
        rated("security", u1=5, u2=3, f1=4),
        *[rated("diplomatic", u1=1, u2=5, f1=2)] * 3,
        rated("operational", u1=3),
    ]
    found = weighed(WEIGHING, sheets)
    first = next(one for one in found.weights if (one.measure, one.aspect) == ("1", "use"))
    assert first.title == "National views on threats"
    assert first.views["security"] == Figures(3, (("1", 0), ("2", 0), ("3", 0), ("4", 2), ("5", 1)), 4, 4.0, 5)
    assert first.views["operational"] is None
    assert first.together == Figures(6, (("1", 3), ("2", 0), ("3", 0), ("4", 2), ("5", 1)), 1, 2.5, 5)
    assert first.of == ("diplomatic", "security"), "the one operational rating would show in the difference"
    agreed = {(one.view, one.aspect): one for one in found.agreements}
    security = agreed["security", "use"]
    assert security.alpha == pytest.approx(17 / 22)
    assert security.says == "they agree roughly: conclusions are tentative"
    assert agreed["diplomatic", "use"].alpha == 1
    assert agreed["operational", "use"].says == "not shown: fewer than 3 rated any measure"
    assert agreed["security", "feasibility"].says == "not defined: only one measure was rated by enough people"
    apart = agreed["all", "use"]
    assert apart.alpha == pytest.approx(19 / 360)
    assert apart.says == "they differ: look at what each view says"
    assert found.method == METHOD
    assert "Krippendorff" in METHOD


def test_agreement_that_is_not_defined_is_said_and_is_not_full() -> None:
    found = weighed(WEIGHING, [rated("security", u1=3, u2=3)] * 3)
    use = next(one for one in found.agreements if (one.view, one.aspect) == ("all", "use"))
    assert (use.alpha, use.says) == (None, "not defined: all ratings are the same, so nobody could have differed")
    assert weighed(WEIGHING, []).agreements[0].alpha is None
