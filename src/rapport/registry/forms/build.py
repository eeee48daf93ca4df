"""Pure: questionnaires made of a framework: what somebody does about each of its provisions, and how measures weigh."""

from __future__ import annotations

from rapport.errors import BadDefinition
from rapport.registry.checking import checked_framework
from rapport.registry.forms.model import Choice, Column, Form, Question, Section
from rapport.registry.model import Framework, Provision

#: Fewer answers than this are not shown together. Who weighs measures is one of a small panel that was asked for it.
LEAST_SURVEY, LEAST_WEIGHING = 5, 3

STATUS = (
    Choice("planned", "Planned: decided or being drafted, nothing in use yet"),
    Choice("partial", "Partly in place: some of it is in use"),
    Choice("in-place", "In place: in use as a whole"),
)
_MEASURE = (
    Column("title", "Title of the measure"),
    Column(
        "kind",
        "Kind",
        "choice",
        (
            Choice("law", "Law or regulation"),
            Choice("policy", "Policy or strategy"),
            Choice("body", "Body or office"),
            Choice("procedure", "Procedure"),
            Choice("exercise", "Exercise or training"),
            Choice("statement", "Public statement"),
        ),
    ),
    Column("responsible", "Responsible body"),
    Column("since", "In force since", "date"),
    Column("source", "Source or link"),
    Column("language", "Language of the source"),
)
_EVIDENCE = (Column("what", "What it is"), Column("where", "Where it can be found"))
_USE = ("Of no use", "Of little use", "Of some use", "Of much use", "Indispensable")
_FEASIBLE = ("Cannot be done now", "Hard to do", "Can be done with effort", "Can be done", "Easily done")
#: The long texts of each provision: the end of the code, label, hint.
_TEXTS = (
    ("challenges", "Challenges", "What stands in the way of doing this, or of doing more of it?"),
    ("needs", "Needs", "Which help would you take: advice, training, people, equipment, money?"),
    ("offers", "Offers", "Which help could you give to others?"),
    ("good-practice", "Good practice", "What worked, and could serve others?"),
)
_STATUS_HINT = (
    "Leave this blank where you cannot say or do not wish to. A blank is shown as “no information”, and never counts"
    " as “not implemented”."
)


def survey_form(framework: Framework) -> Form:
    """What somebody does about each provision that was checked against a source; nothing of it is compulsory.
    BadDefinition for a framework of which nothing was checked."""
    return Form(
        slug=_slug(framework, "survey"),
        title=f"{framework.title}: what is done about each",
        version=framework.version,
        purpose="survey",
        least=LEAST_SURVEY,
        sections=tuple(_section(one, _surveyed(one.code)) for one in _provisions(framework)),
    )


def weighing_form(framework: Framework) -> Form:
    """How useful and how feasible each measure is, as one person sees it from one view. BadDefinition as above."""
    return Form(
        slug=_slug(framework, "weighing"),
        title=f"{framework.title}: how each weighs",
        version=framework.version,
        purpose="weighing",
        least=LEAST_WEIGHING,
        sections=tuple(_section(one, _weighed(one.code)) for one in _provisions(framework)),
    )


def evidence(code: str, about: str = "") -> Question:
    """What shows that the answer to question `code` is so."""
    hint = "What shows this, and where somebody else can see it."
    return Question(f"{code}.evidence", "rows", "Evidence", hint, columns=_EVIDENCE, about=about)


def remark(code: str, about: str = "") -> Question:
    hint = "What should be known to read the answer rightly?"
    return Question(f"{code}.remark", "long", "Remark", hint, about=about)


def steps(words: tuple[str, ...], first: int = 1) -> tuple[Choice, ...]:
    """The steps of a scale, or from 0 the levels, in words."""
    return tuple(Choice(str(number), text) for number, text in enumerate(words, first))


def _surveyed(code: str) -> tuple[Question, ...]:
    measures_hint = "Each law, policy, body, procedure, exercise or statement by which this is done."
    return (
        Question(f"{code}.status", "choice", "Status", _STATUS_HINT, choices=STATUS, about=code),
        Question(f"{code}.measures", "rows", "Measures taken", measures_hint, columns=_MEASURE, about=code),
        evidence(code, code),
        *(Question(f"{code}.{end}", "long", label, hint, about=code) for end, label, hint in _TEXTS),
    )


def _weighed(code: str) -> tuple[Question, ...]:
    use = "How much would it help, seen from your side?"
    feasibility = "How far can it be done with the people, money and trust that there are?"
    return (
        Question(f"{code}.use", "scale", "Use", use, choices=steps(_USE), about=code),
        Question(f"{code}.feasibility", "scale", "Feasibility", feasibility, choices=steps(_FEASIBLE), about=code),
        remark(code, code),
    )


def _section(provision: Provision, questions: tuple[Question, ...]) -> Section:
    return Section(provision.code, provision.label, f"{provision.asks} ({provision.ref})", questions)


def _provisions(framework: Framework) -> tuple[Provision, ...]:
    provisions = checked_framework(framework).provisions
    if not provisions:
        raise BadDefinition(f"Nothing of {framework.slug} was checked against a source yet: there is nothing to ask.")
    return provisions


def _slug(framework: Framework, purpose: str) -> str:
    return f"{framework.slug[: 59 - len(purpose)]}-{purpose}"
