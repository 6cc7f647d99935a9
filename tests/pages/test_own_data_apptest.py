"""Own data on the pages: a file, what must be said first, use, the sidebar, drop, and links that need a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.data_in.own import OwnPrices
from core.data_in.series import OwnSeries
from core.scenario import Scenario
from pages.ui.i18n import translate

PAGE, SMALL = "data", {"stations": "2", "length_h": "12", "agent": "afap", "lang": "en", "currency": "EUR"}
FILE = Path(__file__).parents[1] / "data" / "own" / "octopus_agile.csv"


def button(app, key: str):
    (found,) = [b for b in app.button if b.key == key]
    return found


def test_a_file_is_asked_about_used_everywhere_and_dropped(open_page, fine, monkeypatch):
    monkeypatch.setattr("pages.parts.data.forecast.draw", lambda *_: None)  # runs many agents, not asked for here
    app = open_page()
    (uploader,) = [f for f in app.get("file_uploader") if f.key == "own_data.file.prices"]
    app = fine(uploader.upload("agile.csv", FILE.read_bytes(), "text/csv").run())
    assert translate("en", "own_data.ask.eur_per_unit") in "".join(w.value for w in app.warning)
    assert not [b for b in app.button if b.key == "own_data.use.file.prices"]
    (rate,) = [n for n in app.number_input if n.key.startswith("own_data.rate")]
    app = fine(rate.set_value(1.15).run())
    assert "2 steps do not exist" in "".join(w.value for w in app.warning)
    app = fine(button(app, "own_data.use.file.prices").click().run())
    scenario = app.session_state["scenario"]
    assert set(scenario.own_prices.series) == {"buy", "provider"}
    assert str(scenario.date) == "2023-03-25"
    assert app.query_params["own_prices"] == scenario.own_prices.link
    app = fine(button(app, "own.drop.own_prices").click().run())
    assert app.session_state["scenario"].own_prices is None
    assert "own_prices" not in app.query_params


def test_a_link_that_names_a_file_says_so_and_takes_it(open_page, fine):
    values = np.random.default_rng(2).normal(0.1, 0.03, 24 * 60)
    one = OwnSeries.of(values, "EUR/kWh", start=np.datetime64("2022-01-01T00:00"), label="mine.csv")
    made = Scenario(stations=2, length_h=12, own_prices=OwnPrices(buy=one))
    link = made.to_query()
    assert link["own_prices"].startswith("file:")
    app = open_page("explore", own_prices=link["own_prices"])
    assert "do not fit into a link" in "".join(w.value for w in app.warning)
    assert app.query_params["own_prices"] == link["own_prices"]
    (uploader,) = [f for f in app.main.get("file_uploader") if f.key == "own_data.wanted_file"]
    app = fine(uploader.upload("mine.json", made.to_json().encode(), "application/json").run())
    assert app.session_state["scenario"].own_prices == made.own_prices
    assert not app.warning
