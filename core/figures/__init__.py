"""Figures: core tables -> Vega-Lite specifications. No Streamlit, no browser; see `figure.Figure` and `style.Style`."""

from core.figures.detail import station_detail
from core.figures.figure import Figure
from core.figures.heat import power_map
from core.figures.site import site_power
from core.figures.stakeholders import stakeholder_ledger
from core.figures.stations import station_bars
from core.figures.style import Style

__all__ = ["Figure", "Style", "power_map", "site_power", "stakeholder_ledger", "station_bars", "station_detail"]
