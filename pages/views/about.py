import streamlit as st
from pages.ui.i18n import t
st.header(t("about.title"))
