"""How to cite this project and what it stands on: BibTeX from ``CITATION.cff``, the one source."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml

from core.errors import needed
from core.paths import ROOT

Entry = dict[str, Any]


@cache
def entries() -> tuple[str, ...]:
    """BibTeX of the project itself, then of each of its references.

    Raises
    ------
    DataFileError
        Where CITATION.cff is missing or damaged.
    """
    with needed("CITATION.cff"):
        citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
        own = {**citation, "year": str(citation["date-released"])[:4]}
        return tuple(_bibtex(entry) for entry in (own, *citation.get("references", ())))


def _bibtex(entry: Entry) -> str:
    kind = {"article": "article", "software": "software"}.get(entry["type"], "misc")
    pages = f"{entry['start']}--{entry['end']}" if "start" in entry and "end" in entry else None
    fields = {
        "author": " and ".join(_name(author) for author in entry["authors"]),
        "title": f"{{{entry['title']}}}",
        "journal": entry.get("journal"),
        "year": entry.get("year"),
        "volume": entry.get("volume"),
        "number": entry.get("issue"),
        "pages": pages,
        "doi": entry.get("doi"),
        "version": entry.get("version"),
        "license": entry.get("license"),
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value is not None]
    return f"@{kind}{{{_key(entry)},\n" + ",\n".join(lines) + "\n}"


def _name(author: Entry) -> str:
    """A person as family name and given names; an organisation in braces, so that it is not taken apart."""
    if "name" in author:
        return f"{{{author['name']}}}"
    return f"{author['family-names']}, {author['given-names']}"


def _key(entry: Entry) -> str:
    """First word of the title, before any colon, and the year."""
    return f"{entry['title'].partition(':')[0].split()[0].lower()}{entry['year']}"
