"""Missing and broken files: what every page and command says then, without a browser.

`python -m harness.faults` copies the app, damages one file after the other in three ways (gone, cut in half, another
content), draws every page and runs a command in a process of its own, and prints what each said. It fails where a
page shows an exception, an error of more than one sentence or nothing at all, or a command prints a traceback.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from core.paths import ROOT

PARTS = ("core", "pages", "data", "pretrained", "harness", ".streamlit", "streamlit_app.py", "CITATION.cff", "docs")

FILES = (
    "data/day_ahead_nl.parquet", "data/price_forecasts_nl.parquet", "data/kepco_ev_tariffs.json", "data/series.toml",
    "data/published_ev2gym.json", "data/SOURCES.md", "CITATION.cff", "pretrained/manifest.json",
    "pretrained/quality.json",
    "pretrained/whole_site/experiment.json", "pretrained/shared_port/ppo/policy.npz",
    "pretrained/shared_port/ppo/card.json", "pretrained/shared_port/ppo/curve.csv",
    "pretrained/planner_corrected/residual/policy.npz", "pretrained/planner_corrected/residual/card.json",
    "pretrained/whole_site/site_ppo_objective/card.json",
    "pretrained/whole_site/site_ppo_objective/policy_stock.npz", "ev2gym/data/distribution-of-arrival.csv",
    "ev2gym/data/mean-session-length-per.csv", "ev2gym/data/ev_specs_v2g_enabled2024.json",
    "ev2gym/data/residential_loads.csv", "ev2gym/data/pv_netherlands.csv",
)  # fmt: skip
"""What pages and commands read."""

WAYS = ("gone", "half", "other")

QUERY = {
    "lang": "en", "load_share": "0.5", "pv_share": "0.5", "cars": "mixed", "retail": "kepco_self_use_low",
    "price_forecast": "boosted",
}  # fmt: skip
"""A scenario that needs every series."""

COMMANDS = (
    ("simulate", "--preset", "crisis", "--agent", "ppo", "--json"),
    ("simulate", "--preset", "busan", "--agent", "residual"),
    ("simulate", "--preset", "busan-original", "--agent", "site_ppo_objective"),
    ("prices", "--from", "2022-03-01", "--to", "2022-03-02"),
)


def damage(path: Path, way: str) -> None:
    """Damage one file."""
    content = path.read_bytes()
    if way == "gone":
        path.unlink()
    elif way == "half":
        path.write_bytes(content[: len(content) // 2])
    else:
        other = {".json": b'{"a": [1]}', ".toml": b"a = 1\n", ".csv": b"a,b\n1,2\n"}
        path.write_bytes(other.get(path.suffix, b"PAR1 no"))


def draw() -> dict[str, Any]:
    """Draw every page in this process: exceptions, errors and warnings by page."""
    from streamlit.testing.v1 import AppTest

    said = {}
    for page in sorted(path.stem for path in (ROOT / "pages/views").glob("[a-z]*.py")):
        app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
        for name, value in QUERY.items():
            app.query_params[name] = value
        app.switch_page(f"pages/views/{page}.py").run()
        said[page] = {
            "exceptions": [f"{one.message} " + " / ".join(one.stack_trace[-3:]) for one in app.exception],
            "errors": [one.value for one in app.error], "warnings": [one.value for one in app.warning],
            "drawn": len(app.main.children),
        }  # fmt: skip
    return said


def main() -> int:
    """Damage each file in each way and say what came of it; 1 where anything is not as it should be."""
    parser = argparse.ArgumentParser(prog="python -m harness.faults", description=__doc__)
    parser.add_argument("--only", default="", help="only files whose path holds this text")
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--draw", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.draw:
        print(json.dumps(draw()))
        return 0
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in PARTS:
            source, target = ROOT / name, Path(folder, name)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("model.zip", "screenshots", "reference"))
            else:
                shutil.copy(source, target)
        spec = find_spec("ev2gym")
        assert spec is not None
        shutil.copytree(Path(str(spec.origin)).parent, Path(folder, "ev2gym"))
        cases = [(name, way) for name in FILES for way in options.ways.split(",") if options.only in name]
        for name, way in [("", "as it is"), *cases]:
            path = Path(folder, name)
            kept = path.read_bytes() if name else b""
            if name:
                damage(path, way)
            try:
                bad += _case(folder, name, way)
            finally:
                if name:
                    path.write_bytes(kept)
    print(f"{len(cases)} kinds of damage; {bad} not as it should be")
    return int(bool(bad))


def _case(folder: str, name: str, way: str) -> int:
    faults: list[str] = []
    told: list[str] = []
    ended = subprocess.run(
        [sys.executable, "-m", "harness.faults", "--draw"], cwd=folder, env=_environment(folder),
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    try:
        pages = json.loads(ended.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        pages = {}
        faults.append(f"no page at all: {' / '.join(ended.stderr.splitlines()[-4:])}")
    for page, said in pages.items():
        faults += [f"{page}: exception {text}" for text in said["exceptions"]]
        faults += [f"{page}: {text}" for text in said["errors"] if "\n" in text.strip() or len(text) > 400]
        told += [f"{page}: {text}" for text in said["errors"]]
        if not said["drawn"]:
            faults.append(f"{page}: nothing was drawn")
    for command in COMMANDS:
        ended = subprocess.run(
            [sys.executable, "-m", "core", *command], cwd=folder, env=_environment(folder),
            capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip
        lines, words = ended.stderr.splitlines(), " ".join(command)
        if ended.returncode not in (0, 2) or any("Traceback" in line for line in lines):
            faults.append(f"{words}: {' / '.join(lines[-4:])}")
        elif ended.returncode:
            told.append(f"{words}: {lines[-1]}")
    print(f"{name or 'nothing'}, {way}: {len(told)} sentences, {len(faults)} faults", flush=True)
    for text in told:
        print(f"    {text[:300]}")
    for text in faults:
        print(f"  ! {text[:900]}", flush=True)
    return len(faults)


def _environment(folder: str) -> dict[str, str]:
    shown = {"STREAMLIT_LOGGER_LEVEL": "error", "STREAMLIT_CLIENT_SHOW_ERROR_DETAILS": "full"}
    return {**os.environ, **shown, "PYTHONPATH": folder}


if __name__ == "__main__":
    raise SystemExit(main())
