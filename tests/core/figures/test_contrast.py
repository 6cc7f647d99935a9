"""Colours that can be read: WCAG 2.2 AA, 4.5 to 1 for words and 3 to 1 for marks, in both themes."""

from __future__ import annotations

import tomllib

import pytest

from core.agents.registry import AGENTS
from core.figures.style import PALETTES, Style, _diverging
from core.paths import ROOT

THEMES = tuple(PALETTES)

WORDS = ("text", "muted", "discharge_words", "drivers_words", "charge")
"""Colours in which figures write."""

MARKS = ("charge", "discharge", "price", "limit", "drivers", "provider", "grid", "muted")
"""Colours of lines, bars and points that tell something."""

QUIET = {"line", "idle", "load", "solar", "over"}
"""Grid lines, and areas whose edges are drawn with lines or whose meaning other marks and tooltips carry."""


def luminance(colour: str) -> float:
    """Relative luminance of #RRGGBB, after WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return sum(weight * x for weight, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def pale(colours: dict[str, str], background: str, least: float) -> dict[str, float]:
    """Those that stand out too little."""
    return {name: found for name, colour in colours.items() if (found := contrast(colour, background)) < least}


def config(theme: str) -> dict:
    return tomllib.loads((ROOT / ".streamlit/config.toml").read_text("utf-8"))["theme"][theme]


def test_the_measure_is_the_standards():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
def test_figures_can_be_read(theme):
    palette = {name: getattr(PALETTES[theme], name) for name in PALETTES[theme].__slots__}
    background = palette.pop("background")
    assert set(palette) == {*WORDS, *MARKS} | QUIET
    assert pale({name: palette[name] for name in WORDS}, background, 4.5) == {}
    assert pale({name: palette[name] for name in MARKS}, background, 3.0) == {}
    ends = _diverging(Style(text=str, theme=theme))
    assert pale({"low": ends[0], "high": ends[-1]}, background, 3.0) == {}


@pytest.mark.parametrize("theme", THEMES)
def test_every_agent_can_be_seen(theme):
    colours = {name: getattr(info.look, theme) for name, info in AGENTS.items() if info.family != "own"}
    assert len(colours) > 70
    assert pale(colours, PALETTES[theme].background, 3.0) == {}


@pytest.mark.parametrize("theme", THEMES)
def test_pages_can_be_read(theme):
    colours = config(theme)
    grounds = {
        colours["backgroundColor"], colours["secondaryBackgroundColor"], *(v for v in colours["sidebar"].values())
    }  # fmt: skip
    words = ("textColor", "linkColor", "orangeTextColor", "greenTextColor", "grayTextColor", "primaryColor")
    marks = ("redColor", "orangeColor", "yellowColor", "blueColor", "greenColor", "violetColor", "grayColor")
    for ground in grounds:
        assert pale({name: colours[name] for name in words}, ground, 4.5) == {}
        assert pale({name: colours[name] for name in marks}, ground, 3.0) == {}
    # What stands on primary buttons and chips: Streamlit's white, in the dark theme the page's own darkness.
    on_it = "#FFFFFF" if theme == "light" else colours["backgroundColor"]
    assert contrast(on_it, colours["primaryColor"]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_pages_and_figures_share_a_background(theme):
    assert PALETTES[theme].background == config(theme)["backgroundColor"]
    assert PALETTES[theme].text == config(theme)["textColor"]
