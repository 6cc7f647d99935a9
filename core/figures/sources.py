"""Where prices come from, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable

from core.tariffs import Source


def source_words(source: Source, text: Callable[..., str]) -> tuple[str, str]:
    """Title and note of a source, through the catalogues' `text` where they have them."""
    if not source.key:
        return source.title, source.note
    values = dict(source.values)
    return text(f"tariffs.{source.key}.source_title", **values), text(f"tariffs.{source.key}.source_note", **values)
