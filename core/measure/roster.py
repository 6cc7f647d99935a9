"""Which agents are measured, by family."""

from __future__ import annotations

from collections.abc import Iterable

from core.agents.registry import AGENTS

ONE_SITE = "whole_site"
"""The family whose policies serve the sites only that they were trained for."""


def family(name: str) -> str:
    """An agent's family."""
    return AGENTS[name].kind


def roster(without: Iterable[str] = ()) -> list[str]:
    """All shipped agents in the registry's order, which is by family; those of whole sites and own ones left out.

    Parameters
    ----------
    without : iterable of str
        Further families or agents that are left out.
    """
    left_out = {ONE_SITE, "own", *without}
    return [name for name in AGENTS if not left_out & {name, family(name)}]
