"""Documents keep up with the code."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from core import PRESETS, Scenario, simulate
from core.accounts.ledger import Totals
from core.agents.registry import AGENTS

ROOT = Path(__file__).parents[1]
MONEY_AND_ENERGY = re.compile(r"_(eur|kwh|kw|frac|eur_per_kwh)$")


def test_every_figure_of_the_ledger_is_defined_in_the_nomenclature():
    defined = set(re.findall(r"`(\w+)`", (ROOT / "docs/nomenclature.md").read_text("utf-8")))
    ledger = simulate(Scenario(stations=2)).ledger
    columns = {name for table in (ledger.stations, ledger.steps) for name in table if MONEY_AND_ENERGY.search(name)}
    figures = {field.name for field in dataclasses.fields(Totals)} | columns
    assert figures - defined == set()


def test_readme_names_every_agent_and_preset():
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [name for name in (*AGENTS, *PRESETS) if f"`{name}`" not in readme] == []


def test_links_between_documents_lead_somewhere():
    for document in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"), ROOT / "data/SOURCES.md"):
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
