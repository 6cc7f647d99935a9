"""Measured quality is read as it was committed, or not at all."""

from __future__ import annotations

import json

import pytest

from core import quality
from tests.measured import quality as made_up


def test_reads_what_was_measured(tmp_path):
    (tmp_path / "quality.json").write_text(json.dumps(made_up()))
    assert quality.load(tmp_path) == made_up()


@pytest.mark.parametrize("text", [None, "", "{", "[1]", "7", '{"schema_version": 2, "held_out": {}}', "\ufffe"])
def test_what_cannot_be_read_is_nothing(tmp_path, text):
    if text is not None:
        (tmp_path / "quality.json").write_text(text, encoding="utf-16")
        assert quality.load(tmp_path) == {}
        (tmp_path / "quality.json").write_text(text, encoding="utf-8")
    assert quality.load(tmp_path) == {}
