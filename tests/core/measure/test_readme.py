"""Tables are exchanged where README has a place for them, and nothing else is touched."""

from __future__ import annotations

import pytest

from core.measure import readme


def test_exchanges_what_stands_between_the_marks(tmp_path):
    path = tmp_path / "README.md"
    path.write_text("before\n<!-- a:start -->old<!-- a:end -->\nafter <!-- b:start --><!-- b:end -->\n")
    readme.put("a", "| new |", path)
    readme.put("b", "| other |", path)
    readme.put("a", "| newer |", path)
    a, b = (
        f"<!-- {name}:start -->\n\n| {text} |\n\n<!-- {name}:end -->" for name, text in (("a", "newer"), ("b", "other"))
    )
    expected = f"before\n{a}\nafter {b}\n"
    assert path.read_text() == expected


def test_says_where_there_is_no_place(tmp_path):
    path = tmp_path / "README.md"
    path.write_text("<!-- a:start --> and no end")
    with pytest.raises(ValueError, match="no place for the table 'a'"):
        readme.put("a", "", path)
    assert path.read_text() == "<!-- a:start --> and no end"
