"""A short run of `make fuzz`: cases of the corpora, some mutations of them, and some cases of Hypothesis."""

from __future__ import annotations

import json

import pytest

from core.errors import ScenarioError
from core.scenario import Scenario
from pages.ui import choices, errors, i18n, state
from tests.fuzz.doors import DOORS, visitor
from tests.fuzz.drive import Door, Told, held, hypothesis_cases, limited, mutated, sentence_fault


@pytest.fixture(autouse=True)
def _streamlit_afterwards():
    """Doors give pages a session of their own; the next test has Streamlit's again."""
    before = [(module, module.st) for module in (state, choices, i18n)]
    yield
    for module, streamlit in before:
        module.st = streamlit


@pytest.mark.parametrize("name", DOORS)
def test_bad_input_is_refused_in_a_sentence(name):
    door = DOORS[name]
    with limited():
        told = mutated(door, 40, seed=7) + hypothesis_cases(door, 10)
    assert [what for _, what in told.faults] == []
    assert told.taken > 0
    assert told.refused > 0


def test_what_breaks_a_rule_is_told():
    """The drive itself: each kind of fault, made on purpose."""

    def raises(case: bytes) -> None:
        raise {b"key": KeyError("x"), b"long": ScenarioError("", "a" * 9999), b"bad": ScenarioError("", "\ud800")}[case]

    def runs_on(case: bytes) -> None:
        while True:
            pass

    told = Told()
    with limited():
        for case in (b"key", b"long", b"bad"):
            held(Door([case], raises, DOORS["link"].cases), case, told)
        held(Door([b""], runs_on, DOORS["link"].cases), b"", told, most_s=0.05)
    assert [what.split()[0] for _, what in told.faults] == ["KeyError:", "a", "a", "more"]
    assert sentence_fault("two\nlines", 1)
    assert not sentence_fault("one line", 1)


@pytest.mark.parametrize("name", ["car_cap\ud800acity_kwh", "nobody", "\u202e", "a" * 500])
def test_a_field_that_is_none_is_named_whatever_it_is_called(name):
    """A lone surrogate in a name made pydantic refuse it in words of its own, and the page said nothing."""
    case = json.dumps({"stations": 9, name: 1}).encode()
    with pytest.raises(ScenarioError, match="there is no such field") as refused:
        Scenario.from_json(case)
    assert not sentence_fault(str(refused.value), len(case))
    for language in i18n.LANGUAGES:
        visitor(language)
        said = errors.file_sentence(case, refused.value)
        assert said.encode()
        assert said == errors.field_sentence(name)
