"""What all environments here have in common: many of a kind, stepped as arrays, with no methods of their own."""

from __future__ import annotations

from typing import Any

import gymnasium
from stable_baselines3.common.vec_env import VecEnv


class ArrayVecEnv(VecEnv):
    """What is the same for all of a stable-baselines3 `VecEnv`; `reset` and the two halves of a step are not."""

    def close(self) -> None:
        """Nothing to close."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """The same for every environment."""
        return [getattr(self, attr_name, None)] * self.num_envs

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Sets it for all."""
        setattr(self, attr_name, value)

    def env_method(self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any) -> list[Any]:
        """There are none."""
        raise NotImplementedError(method_name)

    def env_is_wrapped(
        self, wrapper_class: type[gymnasium.Wrapper[Any, Any, Any, Any]], indices: Any = None
    ) -> list[bool]:
        """Never."""
        return [False] * self.num_envs
