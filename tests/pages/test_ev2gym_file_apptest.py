"""EV2Gym's configuration files on the page: set, accounted for key by key, refused in the reader's language."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ScenarioError
from core.scenario import PRESETS, Scenario
from core.scenario.ev2gym_file import NOTES, PROBLEMS, shipped
from pages.ui import errors
from pages.ui.i18n import LANGUAGES, catalogue

PAGE, SMALL = "explore", {"stations": "4", "length_h": "12"}
BAD = sorted((Path(__file__).parents[1] / "data" / "ev2gym" / "bad").glob("*.yaml"))


def upload(app, content: bytes, name: str):
    return app.sidebar.get("file_uploader")[0].upload(name, content, "application/yaml").run()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_configuration_sets_the_scenario_and_shows_its_keys(open_page, fine, language):
    app = open_page(lang=language, seed="9")
    app = fine(upload(app, shipped()["V2GProfitPlusLoads.yaml"].read_bytes(), "V2GProfitPlusLoads.yaml"))
    assert app.session_state["scenario"] == PRESETS["workplace-loads"].replace(seed=Scenario().seed)
    (button,) = [b for b in app.sidebar.button if b.key == "upload.keys"]
    app = fine(button.click().run())
    table = app.dataframe[-1].value
    assert len(table) == len(Scenario.from_ev2gym("V2GProfitPlusLoads.yaml").keys)
    texts = catalogue(language)
    first = table.iloc[0]
    assert first["status"] == texts["ev2gym_file.statuses.ignored"]
    assert first["note"] == texts["ev2gym_file.notes.one_day"]
    assert f"{(table['status'] == texts['ev2gym_file.statuses.taken']).sum()}" in "".join(m.value for m in app.markdown)


def test_what_is_wrong_is_said_and_nothing_changes(open_page, fine):
    app = open_page(seed="9")
    app = fine(upload(app, b"number_of_charging_stations: 500\n", "many.YML"))
    (error,) = [e.value for e in app.sidebar.error]
    assert "`number_of_charging_stations`" in error
    assert "200" in error
    assert not [b for b in app.sidebar.button if b.key == "upload.keys"]
    assert app.session_state["scenario"] == Scenario(stations=4, length_h=12, seed=9)
    app = fine(upload(app, b'"![x](http://y)": 1\n"![x](http://y)": 2\n', "twice.yaml"))
    assert "`![x](http://y)`" in app.sidebar.error[0].value


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_has_words(path, language, monkeypatch):
    monkeypatch.setattr("pages.ui.i18n.language", lambda: language)
    with pytest.raises(ScenarioError) as raised:
        Scenario.from_ev2gym(path.read_bytes())
    sentence = errors.config_sentence(raised.value)
    assert sentence.endswith(".")
    assert "{" not in sentence
    assert (language == "ko") == any("가" <= letter <= "힣" for letter in sentence)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_note_has_words(language):
    texts = catalogue(language)
    wanted = [f"ev2gym_file.notes.{code}" for code in NOTES] + [f"ev2gym_file.problems.{code}" for code in PROBLEMS]
    assert [key for key in wanted if not texts.get(key)] == []
