"""EnerV2Gize's library by its own name: what `core` shows, for notebooks and other projects.

>>> import enerv2gize
>>> table = enerv2gize.compare(enerv2gize.Scenario(), agents=["afap", "best"])

An installed package keeps `core`, `data` and `pretrained` side by side within itself, as they lie in a clone, so that
nothing called `core` stands among other packages.
"""

from __future__ import annotations

import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_HOME = _HERE / "_library" if (_HERE / "_library").is_dir() else _HERE.parent
if str(_HOME) not in sys.path:
    sys.path.append(str(_HOME))

import core  # noqa: E402

if Path(core.__file__ or "").resolve().parents[1] != _HOME:
    raise ImportError(f"enerv2gize: another package called 'core' comes first on the path ({core.__file__})")

from core import *  # noqa: E402, F403
from core import __all__  # noqa: E402
from core.version import VERSION  # noqa: E402

__version__ = VERSION

__all__ = [*__all__, "__version__", "main"]


def main() -> int:
    """The command line, as `python -m core` in a clone."""
    from core.cli.main import main as run

    return run()
