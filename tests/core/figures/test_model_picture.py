"""The model's picture: sound SVG without anything from elsewhere, in every theme and language."""

from __future__ import annotations

from functools import partial
from xml.etree import ElementTree

import pytest

from core.figures import Style
from core.figures.model_picture import narrow, wide
from core.figures.style import PALETTES
from pages.ui.i18n import LANGUAGES, catalogue, translate

PARTS = ("scenario", "world", "ev2gym", "agent", "trace", "ledger", "market", "provider", "drivers", "grid")


@pytest.mark.parametrize("draw", [wide, narrow])
@pytest.mark.parametrize("theme", PALETTES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_part_is_drawn_and_lies_inside(draw, theme, language):
    text = draw(Style(text=partial(translate, language), theme=theme))
    root = ElementTree.fromstring(text)
    words = [node.text for node in root.iter() if node.tag.endswith("text")]
    assert [name for name in PARTS if translate(language, f"picture.{name}") not in words] == []
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for node in root.iter():
        if node.tag.endswith("rect"):
            x, y, w, h = (float(node.attrib[name]) for name in ("x", "y", "width", "height"))
            assert 0 <= x <= x + w <= width
            assert 0 <= y <= y + h <= height
    assert "href" not in text
    assert "url(" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_flows_is_named(language):
    words = " ".join(
        node.text or "" for node in ElementTree.fromstring(wide(Style(text=partial(translate, language)))).iter()
    )
    flows = [
        key for key in catalogue(language) if key.startswith(("picture.energy_", "picture.money_", "picture.paid_"))
    ]
    assert len(flows) == 6
    assert [key for key in flows if translate(language, key).split()[0] not in words] == []
