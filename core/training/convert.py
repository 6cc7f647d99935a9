"""A stable-baselines3 model as `policy.npz`: `python -m core.training.convert MODEL.zip POLICY.npz ENV STATE`.

Runs in a process of its own, since loading a model unpickles it; prints one line of JSON, the policy's card or
``{"error": ...}``.
"""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from core.agents.learned.local import observed
from core.agents.learned.policy import Policy
from core.agents.learned.shared_port import N_OBSERVED
from core.agents.learned.whole_site import columns
from core.errors import EnerV2GizeError, quoted
from core.training.train import LOADERS, policy_of

MEMORY_STEPS = 4
"""Steps in a row in which a network with memory must answer as the model does."""


def algorithm(content: dict[str, Any]) -> str:
    """Which learner wrote a model's `data`. Raises `EnerV2GizeError`."""
    policy = str(content.get("policy_class", {}).get("__module__", ""))
    if "delta_std" in content:
        return "ars"
    if policy.startswith("sb3_contrib") and "tqc" in policy:
        return "tqc"
    if "recurrent" in policy:
        return "recurrentppo"
    if "ent_coef" in content and "target_entropy" in content:
        return "sac"
    if "policy_delay" in content:
        return "ddpg" if content["policy_delay"] == 1 and content.get("target_noise_clip") == 0 else "td3"
    if "cg_max_steps" in content:
        return "trpo"
    if "clip_range" in content:
        return "ppo"
    if "gae_lambda" in content:
        return "a2c"
    raise EnerV2GizeError("is of no algorithm that is known here: " + ", ".join(LOADERS))


def convert(file: Path, env: str, state: str) -> tuple[Policy, dict[str, Any]]:
    """Policy and card of a trusted model.

    Parameters
    ----------
    file : Path
    env : {"port", "site"}
    state : str
        What a site model was shown.

    Raises
    ------
    EnerV2GizeError
        Where it is no model, or one of another observation or action shape.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            content = json.loads(archive.read("data"))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        raise EnerV2GizeError("is no file that model.save of stable-baselines3 wrote") from None
    algo = algorithm(content)
    try:
        model = LOADERS[algo](file, device="cpu")
    except Exception as error:  # unpickling runs other people's code
        raise EnerV2GizeError(f"cannot be loaded as {algo} ({quoted(str(error), 120)})") from None
    sees, acts = model.observation_space, model.action_space
    if not isinstance(sees, gymnasium.spaces.Box) or not isinstance(acts, gymnasium.spaces.Box):
        raise EnerV2GizeError("observes or answers something other than numbers (a Box)")
    shapes = f"it observes {sees.shape} and answers {acts.shape}"
    if env == "port":
        card: dict[str, Any] = {"form": "port"}
        if (sees.shape, acts.shape) != ((N_OBSERVED,), (1,)):
            raise EnerV2GizeError(
                f"{shapes}; a model of the port environment observes ({N_OBSERVED},) and answers (1,)"
            )
    else:
        ports = int(acts.shape[0]) if len(acts.shape) == 1 else 0
        n = len(columns(state, ports))
        card = {"form": "site", "state": state, "ports": ports}
        if not ports or sees.shape != (n,):
            raise EnerV2GizeError(
                f"{shapes}; a model of a site of {ports} ports shown {state} observes ({n},) and answers ({ports},)"
            )
    policy = policy_of(model)
    _same(model, policy)
    weights = sum(w.size + b.size for w, b in policy.layers) + sum(part.size for part in policy.lstm or ())
    return policy, {"algorithm": algo, **card, "parameters": int(weights), "timesteps": int(model.num_timesteps)}


def _same(model: Any, policy: Policy) -> None:
    """Raise where the arrays do not answer as the model does: a network of a kind that they cannot hold."""
    shape = (64, *model.observation_space.shape)
    seen = np.random.default_rng(0).normal(0.0, 1.0, shape).astype(np.float32)
    seen = np.clip(seen, model.observation_space.low, model.observation_space.high)
    state, memory, alike = None, None, True
    for k in range(1 if policy.lstm is None else MEMORY_STEPS):
        expected, state = model.predict(seen, state, episode_start=np.full(len(seen), k == 0), deterministic=True)
        try:
            found, memory = policy.outputs(seen, memory)
        except ValueError:
            alike = False
            break
        alike &= found.shape == expected.shape and bool(np.allclose(found, expected, atol=1e-4))
    if not alike:
        raise EnerV2GizeError("has a network that plain arrays cannot answer for: dense layers with ReLU or tanh alone")


def main(arguments: list[str]) -> None:
    """Convert, and print one line."""
    file, policy, env, state = arguments
    try:
        found, card = convert(Path(file), env, state)
    except EnerV2GizeError as error:
        print(json.dumps({"error": str(error)}))  # noqa: T201
        return
    found.save(Path(policy), observed(card))
    print(json.dumps(card))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
