"""What is written from the sources instead of by hand: lists in README and the nomenclature, and stubs of pages.

`make generate` writes them; a test says when that was forgotten.

A stub stands beside `pages/views` for every page but the first: for a link that is the first request of a fresh server,
Streamlit looks for pages there, before the app has said where they are.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.accounts.indicators import FIGURES, UNITS  # noqa: E402 - run as a script, from anywhere
from core.agents.registry import AGENTS  # noqa: E402
from core.measure.readme import put  # noqa: E402
from core.scenario import PRESETS  # noqa: E402
from pages.ui.frame import PAGES  # noqa: E402
from pages.ui.i18n import translate  # noqa: E402

LEARNED = (
    "learned: one small policy for every scenario that corrects a [coordinated plan](docs/learning.md) of all cars"
)

STUB = '''\
"""Only for a link that is the first request of a fresh server: Streamlit then runs this file alone, not the app."""

import runpy
from pathlib import Path

runpy.run_path(str(Path(__file__).parents[1] / "streamlit_app.py"))
'''


def generate(root: Path = ROOT) -> None:
    """Write everything below `root`."""
    readme = root / "README.md"
    presets = [(f"`{name}`", translate("en", f"presets.{name}.description")) for name in PRESETS]
    put("presets", _table(("preset", "what it is"), presets), readme)
    agents = [(f"`{name}`", _said(name)) for name, info in AGENTS.items() if info.kind != "learned"]
    learned = ", ".join(f"`{name}`" for name, info in AGENTS.items() if info.kind == "learned")
    put("agents", _table(("agent", "what it does"), [*agents, *([(learned, LEARNED)] if learned else [])]), readme)
    figures = [(f"`{name}`", UNITS[entry.kind], entry.meaning.rstrip(".")) for name, entry in FIGURES.items()]
    put("figures", _table(("name", "unit", "definition"), figures), root / "docs/nomenclature.md")
    for name in PAGES[1:]:
        (root / f"pages/{name}.py").write_text(STUB, "utf-8")


def _said(agent: str) -> str:
    return translate("en", f"agents.{agent}.description")


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    first, *rest = (" | ".join(cell.replace("|", "\\|") for cell in row) for row in (head, *rows))
    columns = first.count(" | ") + 1
    return "\n".join([f"| {first} |", f"|{'---|' * columns}", *(f"| {row} |" for row in rest)])


if __name__ == "__main__":
    generate()
