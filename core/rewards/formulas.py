"""The original's six rewards, of one step or of all steps of a run: functions of `Facts`; higher is better.

They mix EUR, kW, kWh and shares with fixed weights, so their values have no unit and can only be compared with those of
the same reward on the same day. docs/rewards.md says how each ambiguity was decided.

Their symbols are those of docs/rewards.md: the fields of `Facts` by letter.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.rewards.facts import Facts

Floats = NDArray[np.float64]

OVERLOADED_KW = 1e-4
"""`Transformer.is_overloaded` of EV2Gym: from this excess on, a transformer counts as overloaded."""


# --- of one stakeholder -----------------------------------------------------------------------------------------------
def grid_operator(f: Facts) -> Floats:
    """Grid operator: −C − 0.5 Σ O − 0.5 (min(P_set, P_pot) − P)².

    −C [EUR] is what the site takes: drivers' payments less what they get for V2G. The last term is EV2Gym's squared
    tracking error; where no set-point is set, EV2Gym's is 0 kW, and any power counts against it.

    Source: the original's grid-operator reward.
    """
    overload: Floats = f.overload_kw.sum(axis=-1)
    return -f.drivers_eur - 0.5 * overload - 0.5 * (np.minimum(f.setpoint_kw, f.potential_kw) - f.power_kw) ** 2


def ev_user(f: Facts) -> Floats:
    """EV user: C + 100 S + 100 E_sat − 50 D_cal − 50 D_cyc.

    C [EUR] is the drivers' money, so that −C is their cost; S, E_sat, D_cal and D_cyc are of the cars that leave.

    Source: the original's EV-user reward.
    """
    return (
        f.drivers_eur
        + 100 * f.satisfaction_frac
        + 100 * f.energy_satisfaction_frac
        - 50 * f.calendar_loss_frac
        - 50 * f.cyclic_loss_frac
    )


def provider(f: Facts) -> Floats:
    """Service provider: −C − 0.3 (D_cal + D_cyc) − 80 (1 − S) − 50 F_dis.

    In a step in which nobody leaves, S is 0 and 80 are lost; this and 50 F_dis are the same for every agent on a day.

    Source: the original's provider reward.
    """
    ageing = f.calendar_loss_frac + f.cyclic_loss_frac
    return -f.drivers_eur - 0.3 * ageing - 80 * (1 - f.satisfaction_frac) - 50 * f.price_factor


# --- integrated -------------------------------------------------------------------------------------------------------
class Weights(NamedTuple):
    """Constants of the first two integrated rewards, by the letters of their formula."""

    w: float
    """Of each of the three parts."""
    a: float
    b: float
    c: float
    d: float
    e: float
    k: float
    m: float
    n: float
    q: float


MILD = Weights(w=0.5, a=100, b=50, c=100, d=10, e=5, k=100, m=50, n=100, q=30)
"""Of `combined1`."""

STRICT = Weights(w=1.0, a=1000, b=500, c=1000, d=100, e=50, k=1000, m=500, n=1000, q=300)
"""Of `combined2`."""


def combined1(f: Facts) -> Floats:
    """Integrated 1: 0.5 (grid + provider + EV), mild weights.

    - grid: −Σ (a R + b O + c [overloaded]) − d abs(P − P_set) − e (P − P_set)²
    - provider: −k C + 10 E_ch − m max(0, 0.8 − r) + (n S if S > 0.7, else −q (0.7 − S))
    - EV: 0.1 H + 0.1 Σ I_off + 0.1 Σ I_peak − 0.0005 E_exch − 0.02 (p_ch − p_dis) + 0.01 A

    with a, b, c, d, e = 100, 50, 100, 10, 5 and k, m, n, q = 100, 50, 100, 30.

    Source: the original's first integrated reward.
    """
    return _combined(f, MILD)


def combined2(f: Facts) -> Floats:
    """Integrated 2: grid + provider + EV, strict weights.

    The parts of `combined1`, with a, b, c, d, e = 1000, 500, 1000, 100, 50 and k, m, n, q = 1000, 500, 1000, 300.

    Source: the original's second integrated reward.
    """
    return _combined(f, STRICT)


def combined3(f: Facts) -> Floats:
    """Integrated 3: grid + provider + EV, squared.

    - grid: −Σ (1000 R + 500 O + 1000 [overloaded]) − 100 V² − 50 E², with V = max(0, P − P_set) and E = P − P_set [kW]
    - provider: −1000 C + 10 E_ch − 500 max(0, 0.8 − r)² + (1000 (S − 0.8)² if S > 0.8, else −500 (0.8 − S)²)
    - EV: −(H − 0.8)² + Σ I_off² + Σ I_peak²

    Source: the original's third integrated reward.
    """
    error = f.power_kw - f.setpoint_kw
    grid = -_transformers(f, STRICT) - 100 * np.maximum(0.0, error) ** 2 - 50 * error**2
    served = f.satisfaction_frac - 0.8
    money = -1000 * f.drivers_eur + 10 * f.charged_kwh - 500 * np.maximum(0.0, 0.8 - _ratio(f)) ** 2
    money = money + np.where(served > 0, 1000.0, -500.0) * served**2
    off_peak, peak = _currents(f)
    car: Floats = -((f.soc_frac - 0.8) ** 2) + (off_peak**2).sum(axis=-1) + (peak**2).sum(axis=-1)
    whole: Floats = grid + money + car
    return whole


def _combined(f: Facts, w: Weights) -> Floats:
    error = f.power_kw - f.setpoint_kw
    grid = -_transformers(f, w) - w.d * np.abs(error) - w.e * error**2
    served = f.satisfaction_frac
    money = -w.k * f.drivers_eur + 10 * f.charged_kwh - w.m * np.maximum(0.0, 0.8 - _ratio(f))
    money = money + np.where(served > 0.7, w.n * served, -w.q * (0.7 - served))
    off_peak, peak = _currents(f)
    car: Floats = (
        0.1 * f.soc_frac
        + 0.1 * off_peak.sum(axis=-1)
        + 0.1 * peak.sum(axis=-1)
        - 0.0005 * f.exchanged_kwh
        - 0.02 * (f.buy_eur_per_kwh - f.sell_eur_per_kwh)
        + 0.01 * f.station_power_kw
    )
    whole: Floats = w.w * (grid + money + car)
    return whole


def _transformers(f: Facts, w: Weights) -> Floats:
    over = f.overload_kw
    each = w.a * f.reverse_kw + w.b * over + w.c * (over > OVERLOADED_KW)
    return each.sum(axis=-1)  # type: ignore[no-any-return]


def _ratio(f: Facts) -> Floats:
    return f.charged_kwh / (f.discharged_kwh + 1e-10)


def _currents(f: Facts) -> tuple[Floats, Floats]:
    """[..., cars]: current charged off peak and current discharged at peak, both >= 0, in A."""
    peak = np.asarray(f.peak)[..., None]
    return np.where(peak, 0.0, np.maximum(f.current_a, 0.0)), np.where(peak, np.maximum(-f.current_a, 0.0), 0.0)
