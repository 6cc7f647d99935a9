"""`.streamlit/config.toml`: Streamlit skips what it does not know without a word, so it is checked here."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit import config as streamlit_config

ROOT = Path(__file__).resolve().parents[1]
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
THEMES = ["light", "dark"]


def leaves(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every option as ``section.name`` with its value."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def relative_luminance(colour: str) -> float:
    """Relative luminance of ``#RRGGBB`` (WCAG 2.2, "relative luminance")."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours (WCAG 2.2, "contrast ratio")."""
    dark, light = sorted((relative_luminance(first), relative_luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def test_streamlit_knows_every_option() -> None:
    known = streamlit_config.get_config_options()
    assert [name for name, _ in leaves(CONFIG) if name not in known] == []


def test_both_themes_set_the_same_options() -> None:
    light, dark = (dict(leaves(CONFIG["theme"][theme])) for theme in THEMES)
    assert light.keys() == dark.keys()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("scale", ["chartSequentialColors", "chartDivergingColors"])
def test_colour_scales_have_the_ten_colours_streamlit_wants(theme: str, scale: str) -> None:
    colours = CONFIG["theme"][theme][scale]
    assert len(colours) == 10
    assert all(re.fullmatch(r"#[0-9A-F]{6}", colour) for colour in colours)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("background", ["backgroundColor", "secondaryBackgroundColor"])
def test_text_and_marks_stand_out(theme: str, background: str) -> None:
    """Text at 4.5 to 1, marks at 3 to 1: WCAG 2.2, success criteria 1.4.3 and 1.4.11."""
    options = CONFIG["theme"][theme]
    ground = options[background]
    text = ["textColor", "linkColor", "orangeTextColor", "greenTextColor", "grayTextColor"]
    assert [name for name in text if contrast(options[name], ground) < 4.5] == []
    assert [mark for mark in options["chartCategoricalColors"] if contrast(mark, ground) < 3] == []


@pytest.mark.parametrize("theme", THEMES)
def test_primary_colour_reads_as_text_and_under_white_text(theme: str) -> None:
    """Streamlit uses it for slider values on the background, and behind white labels on buttons."""
    options = CONFIG["theme"][theme]
    assert contrast(options["primaryColor"], options["backgroundColor"]) > 4.5
    assert contrast(options["primaryColor"], "#FFFFFF") > 3
