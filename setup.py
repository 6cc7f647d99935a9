"""What `pip install .` puts where: `core`, `data` and `pretrained` side by side within `enerv2gize`.

The rest is in pyproject.toml; dependencies are those of requirements.txt and
requirements-train.txt, which alone name them.
"""

from __future__ import annotations

from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

HOME = "enerv2gize._library"
APP = ("streamlit", "vl-convert-python")
TRAINING = ("torch", "stable-baselines3", "sb3-contrib")


def requirements() -> list[str]:
    """Lines of requirements.txt and requirements-train.txt that name a package."""
    files = (Path(name).read_text(encoding="utf-8") for name in ("requirements.txt", "requirements-train.txt"))
    lines = (line.partition("#")[0].strip() for file in files for line in file.splitlines())
    return [line for line in lines if line and not line.startswith("-")]


def named(*names: str) -> list[str]:
    """Those of some packages."""
    return [line for line in requirements() if line.partition("==")[0] in names]


class Build(build_py):
    """Also the one file beside those folders that `core` reads."""

    def run(self) -> None:
        """Build."""
        super().run()
        self.copy_file("CITATION.cff", str(Path(self.build_lib, *HOME.split("."), "CITATION.cff")))


setup(
    cmdclass={"build_py": Build},
    packages=[
        "enerv2gize",
        *(f"{HOME}.{name}" for name in find_packages(include=["core", "core.*"])),
        f"{HOME}.data",
        f"{HOME}.pretrained",
    ],
    package_dir={f"{HOME}.{name}": name for name in ("core", "data", "pretrained")},
    package_data={
        f"{HOME}.data": ["**/*"],
        f"{HOME}.pretrained": ["**/*"],
        f"{HOME}.core": ["**/*.j2", "**/*.html", "**/*.css", "**/*.js"],
    },
    include_package_data=False,
    install_requires=[line for line in requirements() if line not in named(*APP, *TRAINING)],
    extras_require={"app": named(*APP), "training": named(*TRAINING)},
    entry_points={"console_scripts": ["enerv2gize = enerv2gize:main"]},
)
