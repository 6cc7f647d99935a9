"""Stations: a day plays at the site, and who serves a station's drivers best."""

from __future__ import annotations

from pages.parts.stations import files, scenario, selections

if selections.choose_source() == "file":
    files.draw()
else:
    scenario.draw()
