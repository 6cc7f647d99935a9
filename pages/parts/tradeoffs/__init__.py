"""Parts of the Trade-offs page."""
