"""Router and frame: language, scenario sidebar and navigation around every page.

`streamlit run` finds `app`, the server; the same file is the script that it runs for each visitor.
"""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx(suppress_warning=True) is None:
    from pages.ui import serving

    app = st.App(__file__, middleware=serving.begin())
else:
    st.set_page_config(page_title="EnerV2Gize", page_icon="data/icon.svg", layout="wide")

    from pages.ui import frame  # the page's shape goes first

    frame.draw()
