"""What is wrong in a result file, in the reader's language."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ResultFileError
from core.reports.result_csv import read_results
from pages.ui import errors, i18n

BAD = sorted((Path(__file__).parents[1] / "data/results/bad").iterdir())


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_bad_file_has_its_sentence(language, monkeypatch):
    monkeypatch.setattr(i18n, "language", lambda: language)
    for path in BAD:
        with pytest.raises(ResultFileError) as caught:
            read_results(path.read_bytes(), path.name)
        sentence = errors.sentence(caught.value)
        assert sentence.endswith("." if language == "en" else ("다.", "요.")) or caught.value.rule == "columns"
        if "row" in caught.value.values:
            assert f"{'Row ' if language == 'en' else ''}{caught.value.values['row']}" in sentence
        if language == "en":  # pages group digits
            assert f"{path.name}: {sentence}".replace(",", "") == str(caught.value).replace(",", "")
