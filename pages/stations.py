"""Only for a link that is the first request of a fresh server: Streamlit then runs this file alone, not the app."""

import runpy
from pathlib import Path

runpy.run_path(str(Path(__file__).parents[1] / "streamlit_app.py"))
