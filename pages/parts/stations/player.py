"""The walk-through on screen: a component that is given a whole day and plays it without asking the server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from core.accounts.playback import SiteDay
from core.figures import Style
from core.figures.playback import PARTS, player
from pages.ui.i18n import t

HERE = Path(__file__).resolve().parent
KEY = "player"

WORDS = (
    "play", "pause", "time", "speed", "site", "station", "transformer", "load", "empty", "idle", "charging",
    "discharging", "buy", "sell", "chart", "track_soc", "track_power", "track_price", "track_money",
)  # fmt: skip

_play = st.components.v2.component(
    "enerv2gize.player", css=(HERE / "player.css").read_text("utf-8"), js=(HERE / "player.js").read_text("utf-8")
)


def draw(day: SiteDay, place: int, style: Style, note: str, total: str, on_pick: Callable[[int], None]) -> None:
    """Play a day.

    Parameters
    ----------
    day : SiteDay
    place : int
        The station that is looked at, counted in `day.stations`.
    style : Style
    note, total : str
        What the amounts are, and what their sum is called.
    on_pick : callable
        Called with the place of a station that was clicked.
    """

    def picked() -> None:
        asked = st.session_state[KEY].get("station")
        if isinstance(asked, int) and 0 <= asked < len(day.stations):
            on_pick(asked)

    # The load is filled in by whoever plays.
    words = {name: t(f"player.{name}", currency=style.unit, power="{power}", limit="{limit}") for name in WORDS}
    words |= {name: t(f"account.{name}") for name, _, _ in PARTS}
    _play(
        data={**player(day, place, style), "words": {**words, "note": note, "total": total}},
        key=KEY,
        on_station_change=picked,
    )
