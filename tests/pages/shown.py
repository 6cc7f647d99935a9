"""What a page without a browser shows."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def words(app: AppTest) -> str:
    """Everything said, but for cells, cards and charts."""
    parts = [*app.header, *app.subheader, *app.markdown, *app.caption, *app.warning, *app.error, *app.info]
    return "\n".join(str(part.value) for part in parts)


def charts(app: AppTest) -> int:
    """How many charts."""
    return len(app.get("vega_lite_chart"))
