"""Streamlit helpers that every page shares."""
