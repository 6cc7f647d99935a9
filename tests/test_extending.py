"""What `docs/extending.md` shows is so: its diffs apply to the sources as they are, and bring about what it says."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("core", "docs", "pages", "tests", "data", "harness", ".streamlit")
FILES = ("README.md", "README.ko.md", "streamlit_app.py", "pyproject.toml")
DIFF = re.compile(r"^## (.+?)$.*?^```diff\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECTIONS = dict(DIFF.findall((ROOT / "docs/extending.md").read_text("utf-8")))


def copied(folder: Path) -> Path:
    """The sources, to be changed."""
    for part in PARTS:
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", "*.png", "reference"))
    for file in FILES:
        shutil.copyfile(ROOT / file, folder / file)
    (folder / "pretrained").symlink_to(ROOT / "pretrained")
    return folder


def apply(folder: Path, diff: str) -> None:
    done = subprocess.run(
        ["git", "apply", "--whitespace=error", "-"], cwd=folder, input=diff, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def test_every_kind_of_addition_is_shown():
    kinds = ["An agent", "A tariff kind", "An indicator", "A page", "A preset", "A figure of a run"]
    assert list(SECTIONS) == kinds


@pytest.mark.parametrize("title", SECTIONS)
def test_each_takes_one_place_and_the_two_locale_files(title):
    files = re.findall(r"^\+\+\+ b/(.+)$", SECTIONS[title], re.MULTILINE)
    places = [file for file in files if not file.startswith("data/locales/")]
    assert len(places) == 1
    assert sorted(set(files) - set(places)) == ["data/locales/en.toml", "data/locales/ko.toml"]


@pytest.fixture(scope="module")
def extended(tmp_path_factory) -> Path:
    """A copy of the sources with every diff, and what is generated."""
    folder = copied(tmp_path_factory.mktemp("extended"))
    for diff in SECTIONS.values():
        apply(folder, diff)
    done = python(folder, "docs/generate.py")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.slow
def test_everything_appears_where_it_must(extended):
    style = python(extended, "-m", "ruff", "check", "core", "pages")
    assert style.returncode == 0, style.stdout
    style = python(extended, "-m", "ruff", "format", "--check", "core", "pages")
    assert style.returncode == 0, style.stdout
    judges = ["tests/pages/extended.py", "tests/pages/test_i18n.py", "tests/core/agents/test_registry.py"]
    only = "test_i18n or extended or steady or colour or own_names"
    done = python(extended, "-m", "pytest", "-q", "-p", "no:cacheprovider", *judges, "-k", only)
    assert done.returncode == 0, done.stdout[-4000:]


def test_a_missing_word_fails_by_its_name(extended, tmp_path):
    shutil.copytree(extended, tmp_path / "copy", symlinks=True)
    catalogue = tmp_path / "copy/data/locales/ko.toml"
    catalogue.write_text(re.sub(r"(?m)^net_kwh = .*\n", "", catalogue.read_text("utf-8")), "utf-8")
    done = python(
        tmp_path / "copy", "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/pages/test_i18n.py", "-k", "is_named"
    )
    assert done.returncode == 1
    assert "ko.toml lacks indicator.net_kwh, indicator_help.net_kwh" in done.stdout
