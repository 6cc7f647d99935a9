"""Router and frame: language, scenario sidebar and navigation around every page.

`streamlit run` finds `app`, the server; the same file is the script that it runs for each visitor.
"""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx(suppress_warning=True) is None:
    from starlette.middleware import Middleware

    from core.memory import give_back
    from pages.ui.serving import Serving

    give_back()
    app = st.App(__file__, middleware=[Middleware(Serving, base=st.get_option("server.baseUrlPath"))])
else:
    st.set_page_config(page_title="EnerV2Gize", page_icon="data/icon.svg", layout="wide")

    from pages.ui import frame  # the page's shape goes first

    frame.draw()
