"""Documents keep up with the code."""

from __future__ import annotations

import re
import runpy
import shutil
import tomllib
from pathlib import Path

import yaml

from core import PRESETS, Scenario, simulate
from core.accounts.indicators import FIGURES
from core.agents.registry import everywhere
from core.version import VERSION
from pages.ui.frame import PAGES

ROOT = Path(__file__).parents[1]
MONEY_AND_ENERGY = re.compile(r"_(eur|kwh|kw|frac|eur_per_kwh)$")


def test_every_figure_of_the_ledger_is_defined_in_the_nomenclature():
    defined = set(re.findall(r"`(\w+)`", (ROOT / "docs/nomenclature.md").read_text("utf-8")))
    ledger = simulate(Scenario(stations=2)).ledger
    columns = {name for table in (ledger.stations, ledger.steps) for name in table if MONEY_AND_ENERGY.search(name)}
    figures = set(FIGURES) | columns
    assert figures - defined == set()


def test_readme_names_every_agent_and_preset():
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [name for name in (*everywhere(), *PRESETS) if f"`{name}`" not in readme] == []


def test_links_between_documents_lead_somewhere():
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "data/SOURCES.md"]
    assert len(documents) > 6
    for document in documents:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_the_architecture_draws_every_room_in_the_order_that_is_enforced():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract.get("containers") == ["core"])
    picture = re.findall(r"^ {12}(\w+) {2,}\w", (ROOT / "docs/architecture.md").read_text("utf-8"), re.MULTILINE)
    assert picture == layers[:-1]
    folders = {path.parent.name for path in (ROOT / "core").glob("*/__init__.py")}
    assert folders == set(picture)


def test_the_reference_begins_with_every_room():
    rooms = re.findall(r"^ {3}core\.(\w+)$", (ROOT / "docs/reference.md").read_text("utf-8"), re.MULTILINE)
    assert set(rooms) == {path.parent.name for path in (ROOT / "core").glob("*/__init__.py")}


def test_changelog_and_citation_know_the_version():
    released = re.findall(
        r"^## (\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d)\)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE
    )
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert released[0][0] == VERSION == citation["version"]
    assert released[0][1] == str(citation["date-released"])
    assert tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"] == VERSION


def test_what_is_generated_is_as_the_sources_say(tmp_path):
    """`make generate` writes it."""
    files = ["README.md", "README.ko.md", "docs/nomenclature.md"]
    for file in files:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / file, tmp_path / file)
    (tmp_path / "pages").mkdir()
    runpy.run_path(str(ROOT / "docs/generate.py"))["generate"](tmp_path)
    files += [f"pages/{path.name}" for path in (tmp_path / "pages").iterdir()]
    assert [file for file in files if not (ROOT / file).is_file()] == []
    assert [file for file in files if (ROOT / file).read_text("utf-8") != (tmp_path / file).read_text("utf-8")] == []


def test_every_view_is_a_page_and_every_page_has_its_stub():
    """A view is a page where the catalogues have its title; any link may be the first request of a fresh server."""
    assert {path.stem for path in (ROOT / "pages/views").glob("*.py")} - {"__init__"} == set(PAGES)
    assert {path.stem for path in (ROOT / "pages").glob("*.py")} - {"__init__"} == set(PAGES[1:])


def commands(readme: str) -> list[str]:
    """What its blocks of commands run, without remarks."""
    return [line.partition("#")[0].strip() for line in readme.splitlines() if re.match(r" {4}(make|python -m)\b", line)]


def test_the_korean_readme_says_the_same():
    """Sections, commands, links to other documents, lists and measured figures; and each names the other."""
    english, korean = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.ko.md"))
    assert commands(english) == commands(korean)
    assert english.count("![") == korean.count("![")
    assert len(re.findall(r"^## ", english, re.MULTILINE)) == len(re.findall(r"^## ", korean, re.MULTILINE))
    targets = [set(re.findall(r"\]\(([^)]+\.(?:md|cff))\)|\]\((LICENSE)\)", text)) for text in (english, korean)]
    assert targets[0] - {("README.ko.md", "")} == targets[1] - {("README.md", "")}
    assert ("README.ko.md", "") in targets[0]
    assert ("README.md", "") in targets[1]
    names = [set(re.findall(r"^\| `([\w-]+)`", text, re.MULTILINE)) for text in (english, korean)]
    assert names[0] == names[1]
    for name in ("quality", "bench"):
        tables = [
            text.partition(f"<!-- {name}:start -->")[2].partition(f"<!-- {name}:end")[0] for text in (english, korean)
        ]
        numbers = [re.findall(r"−?\d[\d,.]* (?:%|ms|s|MB|kB|x|EUR)? ?\|", table) for table in tables]
        assert numbers[0] == numbers[1] != []
