"""Every page drawn once in both languages, without a browser, with nothing but requirements.txt.

`python -m harness.every_page` prints what each took and fails where one shows an error, or where anything imported what
only training needs. `make pythons` runs it in fresh environments.
"""

from __future__ import annotations

import platform
import sys
import time

from streamlit.testing.v1 import AppTest

from core.paths import ROOT
from core.scenario import GROUPS

MOST_S = 900
"""So long the first page may take on a slow machine that compiles everything anew."""

TRAINING = ("torch", "stable_baselines3", "sb3_contrib", "tensorboard")


def draw(page: str, language: str) -> float:
    """Draw one page in a session of its own; the seconds it took.

    Raises
    ------
    RuntimeError
        Where it shows an error, with its first line.
    """
    started = time.perf_counter()
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=MOST_S)
    app.query_params["lang"] = language
    for folded in ("downloads.open", *(f"group.{group}" for group in GROUPS)):
        app.session_state[folded] = True
    app.run()
    app.switch_page(f"pages/views/{page}.py").run()
    shown = [*(element.value for element in app.exception), *(element.value for element in app.error)]
    if shown:
        raise RuntimeError(f"{page}, {language}: {shown[0].splitlines()[0]}")
    if not app.main.children:
        raise RuntimeError(f"{page}, {language}: nothing was drawn")
    return time.perf_counter() - started


def main() -> int:
    """Draw all of them and say how long each took; 1 where anything is wrong."""
    for page in sorted(path.stem for path in (ROOT / "pages/views").glob("[a-z]*.py")):
        try:
            seconds = [draw(page, language) for language in ("en", "ko")]
        except RuntimeError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        print(f"{page:12}" + "".join(f"{value:8.1f} s" for value in seconds), flush=True)
    there = [name for name in TRAINING if name in sys.modules]
    if there:
        print(f"error: the app imported {', '.join(there)}", file=sys.stderr)
        return 1
    print(f"every page is drawn on Python {platform.python_version()}, and nothing imported PyTorch")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
