"""What became of each key of one of EV2Gym's configuration files, in a dialog."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.scenario.ev2gym_file import Key
from pages.ui.i18n import t

ORDER = ("differs", "ignored", "unknown", "absent", "taken")
"""What a reader must know comes first."""


def show(keys: Sequence[Key]) -> None:
    """Open the dialog."""
    st.dialog(t("ev2gym_file.title"), width="large")(_table)(keys)


def _table(keys: Sequence[Key]) -> None:
    taken = sum(key.status == "taken" for key in keys)
    st.write(t("ev2gym_file.summary", taken=taken, all=len(keys)))
    st.caption(t("ev2gym_file.prices"))
    rows = [
        {
            "key": key.key,
            "status": t(f"ev2gym_file.statuses.{key.status}"),
            "note": t(f"ev2gym_file.notes.{key.note}", here=key.here) if key.note else "",
            "value": key.value,
            "field": t(f"fields.{key.field}.title") if key.field else "",
        }
        for key in sorted(keys, key=lambda key: ORDER.index(key.status))
    ]
    # Cells of this table are shown as they are, never read as Markdown.
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={
            name: st.column_config.TextColumn(t(f"ev2gym_file.{name}"), width=width)
            for name, width in {"key": 240, "status": 130, "note": 430, "value": 120, "field": 150}.items()
        },
    )
