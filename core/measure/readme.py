"""Tables in README that commands write: each stands between two marks that carry its name."""

from __future__ import annotations

from pathlib import Path

from core.paths import ROOT

README = ROOT / "README.md"


def put(name: str, table: str, path: Path = README) -> None:
    """Exchange what stands between `<!-- NAME:start -->` and `<!-- NAME:end -->`.

    Raises
    ------
    ValueError
        Where one of the marks is missing.
    """
    start, end = f"<!-- {name}:start -->", f"<!-- {name}:end -->"
    before, found, rest = path.read_text("utf-8").partition(start)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"{path.name} has no place for the table '{name}'")
    path.write_text(f"{before}{start}\n\n{table}\n\n{end}{after}", "utf-8")
