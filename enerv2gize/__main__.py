"""`python -m enerv2gize`: see `core.cli.main`."""

from enerv2gize import main

raise SystemExit(main())
