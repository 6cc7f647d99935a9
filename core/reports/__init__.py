"""What leaves the app: tables, charts and reports as files."""
