"""What an operation's people read in reports, as examples: which are set apart, what is unknown, what is learnt."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.errors import Refused
from rapport.text.columns import Texts
from rapport.text.evaluation import own
from rapport.text.evaluation.messages import messages
from rapport.text.kernels.plain import made_plain
from rapport.text.labels import categories, model, readings, shelf, training
from rapport.text.labels.grams import grams
from rapport.text.labels.readings import Reading
from rapport.text.labels.training import Examples

LABELS = messages().labels
PLACES = ("Delmas", "Jacmel", "Leogane", "Carrefour", "Gonaives", "Mirebalais", "Petionville", "Hinche")
PEOPLE = ("our camp", "the old school", "my street", "the church", "the market", "the clinic")


def shipped(count: int = 1200) -> Examples:
    chosen = messages().of("train")[:count]
    has = messages().has(chosen)
    texts = tuple(one.message for one in chosen)
    groups = np.array([one.id for one in chosen])
    return Examples(texts, ("en",) * count, groups, has, np.ones_like(has), LABELS)


def zorbo(apart: bool = False) -> list[Reading]:
    """People call a word water that nobody knew, and other reports of the same form something else."""
    found: list[Reading] = []
    for place in PLACES:
        for who in PEOPLE:
            word, yes = ("zorbo", True) if (len(found) // 2) % 2 else ("a radio", False)
            text = f"Please send {word} to {who} in {place}"
            found.append(Reading((text,), ("en",), {"water": yes, "food": False}, len(found), apart))
    return found


def given_water(made: model.Model, text: str) -> bool:
    said = model.judged(made, made_plain(Texts.of(pl.Series([text])))[0], ["en"])
    return bool(said.given[0, LABELS.index("water")])


@pytest.fixture(scope="module")
def learnt() -> model.Model:
    """A model that learnt from them too."""
    return training.train(readings.examples(shipped(), zorbo()))


def test_a_model_learns_the_word_that_an_operations_people_call_water(learnt: model.Model) -> None:
    held_out = "There is no more zorbo at the hospital of Cayes"
    assert not given_water(training.train(shipped()), held_out)
    assert given_water(learnt, held_out)
    assert not given_water(learnt, "There is no more radio at the hospital of Cayes")


def test_what_nobody_was_asked_about_moves_no_weight(learnt: model.Model) -> None:
    """The word stands in these reports alone; of water it is said that they bear it, of food that they do not, and of
    earthquake nothing."""
    bucket = next(gram.bucket for gram in grams("zorbo"))
    weight = {label: int(learnt.weights[bucket, LABELS.index(label)]) for label in ("water", "food", "earthquake")}
    assert weight["water"] > 0 > weight["food"]
    assert weight["earthquake"] == 0


def test_nothing_set_apart_is_learnt_from() -> None:
    known = shipped(50)
    assert readings.examples(known, zorbo(apart=True)) is known


def test_numbers_and_addresses_are_taken_out_before_a_text_is_learnt() -> None:
    one = Reading(("Call me on +509 3712 3456, marie@example.org", "Rele m"), ("en", "ht"), {"water": True}, 0, False)
    made = readings.examples(shipped(50), [one])
    assert made.texts[-1] == "Rele m"
    assert "3712" not in made.texts[-2]
    assert "marie@" not in made.texts[-2]


def test_a_report_and_its_translation_are_learnt_as_one_group_and_apart_from_the_shipped_messages() -> None:
    one = Reading(("Nou bezwen dlo", "We need water"), ("ht", "en"), {"water": True}, 0, False)
    known = shipped(50)
    made = readings.examples(known, [one])
    assert made.groups[-1] == made.groups[-2]
    assert made.groups[-1] not in known.groups


TEXTS = st.lists(
    st.tuples(st.sampled_from(PLACES), st.sampled_from(PEOPLE), st.sampled_from(["", "RT @x: ", "!!! "])),
    min_size=1, max_size=25,
)  # fmt: skip


@given(TEXTS, TEXTS)
def test_what_comes_later_never_changes_which_report_was_the_first_alike(
    earlier: list[tuple[str, str, str]], later: list[tuple[str, str, str]]
) -> None:
    def said(some: list[tuple[str, str, str]]) -> list[str]:
        return [f"{front}the pump of {who} in {place} broke and nobody mends it" for place, who, front in some]

    firsts = readings.first_alike(said(earlier)).tolist()
    assert readings.first_alike(said(earlier + later)).tolist()[: len(firsts)] == firsts
    assert all(first <= at for at, first in enumerate(firsts))


def test_a_repost_follows_the_first() -> None:
    text = "The bridge over the river at Jacmel is broken and forty families are cut off"
    assert readings.first_alike(["other words", text, f"RT @someone: {text}", text.upper()]).tolist() == [0, 1, 1, 1]


# --- what categories say of labels -----------------------------------------------------------------------------------

LINES = {"2": ("2",), "2a": ("2a", "2"), "2b": ("2b", "2"), "2b1": ("2b1", "2b", "2"), "9": ("9",)}
MEANT = {"food": ("2a",), "water": ("2b",)}


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ({"2b"}, {"water": True, "food": False}),
        ({"2b1"}, {"water": True, "food": False}),  # a kind of it
        ({"2"}, {}),  # some vital line: perhaps water, perhaps food
        ({"2", "2a"}, {"food": True}),
        ({"9"}, {"water": False, "food": False}),
        (set(), {}),
    ],
)
def test_categories_say_yes_no_or_nothing_of_a_label(chosen: set[str], says: dict[str, bool]) -> None:
    assert categories.spoken(chosen, MEANT, LINES) == says


# --- comparing, and the models there are -----------------------------------------------------------------------------


def test_of_a_label_that_too_few_reports_bear_no_figure_is_said() -> None:
    made = model.loaded(model.SHIPPED)
    few = [Reading((f"We need water in {place}",), ("en",), {"water": True}, 0, True) for place in PLACES]
    found = own.tested(made, few)
    assert found.labels["water"] == own.OfLabel(yes=8, no=0, f1=None)
    assert found.mean_average_precision is None
    assert own.side_by_side(found, found)[-1]["reports"] == "water 8"
    enough = own.tested(made, few * 3)
    assert enough.labels["water"].f1 == pytest.approx(1.0)


def test_without_reports_set_apart_there_is_nothing_to_say() -> None:
    found = own.tested(model.loaded(model.SHIPPED), zorbo())
    assert (found.reports, found.labels) == (0, {})


def shelved(folder: Path, name: str = "ours-1", card: str | None = None) -> Path:
    """The shipped model under another name, with a card for it."""
    path = folder / f"{name}.npz"
    path.write_bytes(model.SHIPPED.read_bytes())
    found = model.loaded(path)
    shelf.card_of(path).write_text(f"# {found.id}\n\nText\n" if card is None else card)
    return path


def test_a_model_is_found_by_its_id_or_either_half_of_it(tmp_path: Path) -> None:
    path = shelved(tmp_path)
    found = model.loaded(path).id
    for wanted in (found, "ours-1"):
        assert shelf.find(tmp_path, wanted).path == path
    assert shelf.find(tmp_path, "crisis-1").comes_with_rapport


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (
            lambda path: path.write_bytes(b"PK\x03\x04"),
            "ours-1.npz is no model of rapport, or is damaged. Bring it anew",
        ),
        (lambda path: path.write_bytes(b"my notes"), r"is no model of rapport, or is damaged\.(?!.*pickle)"),
        (lambda path: path.write_bytes(_array_alone()), "is no model of rapport, or is damaged"),
        (lambda path: path.write_bytes(_altered(path.read_bytes())), "is no model of rapport, or is damaged"),
        (lambda path: shelf.card_of(path).write_text("# ours-1 000000000000\n"), "was not written for ours-1.npz"),
        (lambda path: shelf.card_of(path).unlink(), "is missing"),
        (lambda path: path.unlink(), "There is no model ours-1 here"),
        (lambda path: path.write_bytes(_of_other_labels()), "knows other labels"),
    ],
)
def test_what_is_not_as_it_was_made_is_refused_with_a_remedy(tmp_path: Path, spoil: object, says: str) -> None:
    path = shelved(tmp_path)
    assert callable(spoil)
    spoil(path)
    with pytest.raises(Refused, match=says):
        shelf.find(tmp_path, "ours-1")


def _array_alone() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    return buffer.getvalue()


def _altered(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes(byte ^ 255 for byte in data[middle : middle + 100]) + data[middle + 100 :]


def _of_other_labels() -> bytes:
    one = model.loaded(model.SHIPPED)
    labels = ("another", *one.labels[1:])
    fields = {name: getattr(one, name) for name in ("languages", "weights", "steps", "bias", "network", "slopes",
                                                    "offsets", "cuts")}  # fmt: skip
    return model.written(model.Model(labels=labels, **fields))


def test_a_file_that_was_changed_is_read_again(tmp_path: Path) -> None:
    path = shelved(tmp_path)
    before = model.loaded(path).id
    path.write_bytes(_of_other_labels())
    assert model.loaded(path).id != before


def test_a_card_is_read_as_the_page_shows_it() -> None:
    found = shelf.sections("# a 1\n\nSaid `so`.\n\n## Labels\n\n| label | texts |\n|---|---|\n| water | 3 |\n\n- one\n")
    assert [one.title for one in found] == ["a 1", "Labels"]
    assert found[0].paragraphs == ("Said so.",)
    assert found[1].rows == (("label", "texts"), ("water", "3"))
    assert found[1].points == ("one",)
