"""Names and looks of learned agents: an algorithm's colour wherever it learned, and a marker of its own."""

from __future__ import annotations

from core.agents.info import Look
from core.rewards.registry import REWARDS

OBJECTIVE = "objective"
"""The reward that is this project's objective, beside the original's."""

SITE_REWARDS = (*REWARDS, OBJECTIVE)
"""What whole-site agents are rewarded for."""

_STAR = "M0,.5L.6,.8L.5,.1L1,-.3L.3,-.4L0,-1L-.3,-.4L-1,-.3L-.5,.1L-.6,.8L0,.5Z"
_PENTAGON = "M0,-1L.95,-.31L.59,.81L-.59,.81L-.95,-.31Z"
_HOURGLASS = "M-.8,-.9L.8,-.9L-.8,.9L.8,.9Z"
_CHEVRON = "M0,-1L1,.1L1,.9L0,-.1L-1,.9L-1,.1Z"

ALGORITHM_LOOKS: dict[str, Look] = {
    "a2c": Look("#009E73", "#35C79A", "triangle-up"),
    "ars": Look("#8E5AA8", "#C49BDB", "diamond"),
    "ddpg": Look("#CC3311", "#FF6B5E", "triangle-down"),
    "ppo": Look("#1E8E9E", "#7FDBE8", "cross"),
    "recurrentppo": Look("#AA4499", "#E08BD0", "triangle-right"),
    "sac": Look("#6B8E23", "#A8C860", _STAR),
    "td3": Look("#4455AA", "#8C9BE8", "triangle-left"),
    "tqc": Look("#B0627A", "#E8A0B4", _PENTAGON),
    "trpo": Look("#2E8B7A", "#7BD0C0", _HOURGLASS),
}
"""A shape each, too: nine more colours alone would be hard to tell apart. Shared-port agents look like this."""

RESIDUAL_LOOK = Look("#D81B60", "#FF7FB0", _CHEVRON)

SITE_MARKERS: dict[str, str] = dict(
    zip(
        SITE_REWARDS,
        (
            "M-1,-.45L1,-.45L1,.45L-1,.45Z",  # lying bar
            "M-.45,-1L.45,-1L.45,1L-.45,1Z",  # standing bar
            "M-.65,-1L0,-.35L.65,-1L1,-.65L.35,0L1,.65L.65,1L0,.35L-.65,1L-1,.65L-.35,0L-1,-.65Z",  # diagonal cross
            "M0,-1L.9,-.1L.9,.9L-.9,.9L-.9,-.1Z",  # house
            "M-.5,-.7L.5,-.7L1,.7L-1,.7Z",  # trapezium
            "M-.9,-.8L0,-.2L.9,-.8L.9,.8L0,.2L-.9,.8Z",  # bow tie
            "M0,-1L.28,-.28L1,0L.28,.28L0,1L-.28,.28L-1,0L-.28,-.28Z",  # four-pointed star
        ),
        strict=True,
    )
)
"""A whole-site agent's shape is its reward's, its colour a shade of its algorithm's."""

_SHADES = dict(zip(SITE_REWARDS, (0.5, 0.43, 0.36, 0.29, 0.22, 0.15, 0.08), strict=True))
"""By how much from the algorithm's colour away from the background: towards black in the light theme, white in the dark
one, so that no shade is paler than 3 to 1."""


def site_name(algorithm: str, reward: str) -> str:
    """The name of the whole-site agent that learned by this algorithm under this reward."""
    return f"site_{algorithm}_{reward}"


SITE_PARTS: dict[str, tuple[str, str]] = {
    site_name(algorithm, reward): (algorithm, reward) for algorithm in ALGORITHM_LOOKS for reward in SITE_REWARDS
}
"""Algorithm and reward of every whole-site agent that there may be, by its name."""


def algorithm_title(algorithm: str) -> str:
    """An algorithm's name as its paper writes it."""
    return "RecurrentPPO" if algorithm == "recurrentppo" else algorithm.upper()


def look_of(name: str) -> Look | None:
    """How a learned agent looks; None for a name that no learned agent has."""
    if name in SITE_PARTS:
        algorithm, reward = SITE_PARTS[name]
        look, shade = ALGORITHM_LOOKS[algorithm], _SHADES[reward]
        return Look(_shaded(look.light, -shade), _shaded(look.dark, shade), SITE_MARKERS[reward])
    return RESIDUAL_LOOK if name == "residual" else ALGORITHM_LOOKS.get(name)


def _shaded(colour: str, shade: float) -> str:
    """A colour #RRGGBB mixed with black or white."""
    goal = 255 if shade > 0 else 0
    parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(part + (goal - part) * abs(shade)):02X}" for part in parts)
