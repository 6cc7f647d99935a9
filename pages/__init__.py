"""The Streamlit side: `pages.ui` helps, `pages.views` are the pages. Nothing here is a page by itself."""
