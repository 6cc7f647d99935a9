"""`python -m core`: see `core.cli.main`."""

from core.errors import EnerV2GizeError

if __name__ == "__main__":
    try:
        from core.cli.main import main
    except EnerV2GizeError as error:  # the project's own data cannot be read
        raise SystemExit(f"error: {error}") from None
    raise SystemExit(main())
