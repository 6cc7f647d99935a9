"""BibTeX says what CITATION.cff says, and what EV2Gym's own README asks for."""

from __future__ import annotations

import re
from importlib.metadata import metadata

import yaml

from core.paths import ROOT
from core.reports.citation import entries
from core.version import VERSION


def fields(bibtex: str) -> dict[str, str]:
    return dict(re.findall(r"^\s*(\w+)\s*=\s*\{(.*?)\},?\}?\s*$", bibtex, re.MULTILINE))


def test_the_projects_own_entry_has_its_version():
    own = entries()[0]
    assert own.startswith("@software{enerv2gize")
    assert fields(own)["version"] == VERSION


def test_every_reference_is_an_entry():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert len(entries()) == 1 + len(citation["references"])


def test_ev2gym_is_cited_as_its_own_readme_asks():
    readme = str(metadata("ev2gym").get_payload() or metadata("ev2gym")["Description"])
    asked = fields(readme[readme.index("```bibtex") :])
    ours = fields(entries()[1])
    for name in ("journal", "year", "volume", "number", "doi"):
        assert ours[name] == asked[name], name
    assert ours["pages"].replace("--", "-") == asked["pages"]
    assert ours["title"].strip("{}") == asked["title"]
    assert [name.split(",")[0] for name in ours["author"].split(" and ")] == [
        name.split(",")[0] for name in asked["author"].split(" and ")
    ]
