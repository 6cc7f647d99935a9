"""Parts of the Stations page."""
