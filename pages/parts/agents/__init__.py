"""Parts of the Agents page."""
