"""Trained networks in plain NumPy: their answers, and the one file that each is kept in."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.agents.learned.observation import OBSERVATION, Singles

COLUMNS = tuple(row[0] for row in OBSERVATION)
"""What policies for single ports observe."""

ROWS_AT_ONCE = 200
"""Ports whose answers are computed together: what is multiplied stays in the processor's cache, and is too small for
the linear algebra library to start threads, which cost more than they bring."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A trained network: dense layers, or one LSTM layer before them.

    The last layer's outputs are answers from `low` to 1: from the range of `tanh` where `squash` is set, else cut.
    A policy for single ports has one output.
    """

    layers: tuple[tuple[Singles, Singles], ...]
    """Weights [outputs, inputs] and biases [outputs]."""
    activation: str
    squash: bool
    lstm: tuple[Singles, Singles, Singles] | None = None
    """Input weights [4 hidden, inputs], hidden weights [4 hidden, hidden], bias [4 hidden]; gates i, f, g, o."""
    low: float = -1.0
    """Least answer: 0 for a site without V2G."""

    def answers(self, observed: Singles, memory: Singles | None = None) -> tuple[Singles, Singles | None]:
        """First outputs [n] for observations [n, columns], and the memory [2, n, hidden] (None without LSTM)."""
        out, memory = self.outputs(observed, memory)
        return out[:, 0], memory

    def outputs(self, observed: Singles, memory: Singles | None = None) -> tuple[Singles, Singles | None]:
        """All outputs [n, outputs]; otherwise like `answers`."""
        if self.lstm is None and len(observed) > ROWS_AT_ONCE:
            parts = range(0, len(observed), ROWS_AT_ONCE)
            return np.concatenate([self.outputs(observed[i : i + ROWS_AT_ONCE])[0] for i in parts]), None
        x: Singles = observed
        if self.lstm is not None:
            into, back, bias = self.lstm
            hidden = back.shape[1]
            if memory is None:
                memory = np.zeros((2, len(x), hidden), dtype=np.float32)
            gates = x @ into.T + memory[0] @ back.T + bias
            i, f, o = (_sigmoid(gates[:, k * hidden : (k + 1) * hidden]) for k in (0, 1, 3))
            cell = f * memory[1] + i * np.tanh(gates[:, 2 * hidden : 3 * hidden])
            memory = np.stack([o * np.tanh(cell), cell])
            x = memory[0]
        for k, (weight, bias) in enumerate(self.layers):
            x = x @ weight.T + bias
            if k < len(self.layers) - 1:
                x = np.tanh(x) if self.activation == "tanh" else np.maximum(x, 0)
        if self.squash:
            x = np.tanh(x)
            return (x if self.low == -1 else self.low + 0.5 * (x + 1) * (1 - self.low)), memory
        return np.clip(x, self.low, 1), memory

    def save(self, path: Path, observation: Sequence[str] = COLUMNS) -> None:
        """Write `policy.npz`: arrays only, with the names of what it observes."""
        arrays: dict[str, Any] = {
            "activation": np.array(self.activation),
            "squash": np.array(self.squash),
            "observation": np.array(list(observation)),
            "low": np.array(self.low),
        }
        for k, (weight, bias) in enumerate(self.layers):
            arrays[f"weight_{k}"], arrays[f"bias_{k}"] = weight, bias
        if self.lstm is not None:
            arrays |= dict(zip(("lstm_input", "lstm_hidden", "lstm_bias"), self.lstm, strict=True))
        np.savez(path, **arrays)

    @classmethod
    def load(cls, content: bytes, observation: Sequence[str] = COLUMNS) -> Policy:
        """Read what `save` wrote. Raises `ValueError` or `KeyError` where it is something else."""
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            if list(arrays["observation"]) != list(observation):
                raise ValueError("it was trained on another observation")
            n = sum(name.startswith("weight_") for name in arrays)
            single = {name: arrays[name] for name in arrays}
        layers = tuple((single[f"weight_{k}"], single[f"bias_{k}"]) for k in range(n))
        lstm = None
        if "lstm_input" in single:
            lstm = (single["lstm_input"], single["lstm_hidden"], single["lstm_bias"])
        low = float(single.get("low", -1.0))  # files before whole sites lack it
        return cls(layers, str(single["activation"]), bool(single["squash"]), lstm, low)


def _sigmoid(x: Singles) -> Singles:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)), dtype=np.float32)
