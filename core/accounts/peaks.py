"""Peak and valley: how a site's power is spread over its day, and what an agent changes of it.

The load factor is that of IEC 60050-691, Tariffs for electricity [1]_; filling valleys is meant as in [2]_.

References
----------
.. [1] IEC 60050-691: *load factor* is the consumption within a period over what continuous use of the maximum demand of
   that period would come to.
.. [2] L. Gan, U. Topcu and S. H. Low, "Optimal decentralized protocol for electric vehicle charging", IEEE Transactions
   on Power Systems 28(2), 940-951, 2013: charging that fills the valleys of the other load.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.accounts.indicators import Totals
from core.scenario import STEP_HOURS

Floats = NDArray[np.float64]

OVER_KW = 0.5
"""Less beyond a limit makes no hour beyond it: agents fill limits to the last bit, and EV2Gym's rounding of batteries
up to 0.01 kWh a step, 0.04 kW a car, then lifts a dozen cars that far."""


def spread(power_kw: Floats, over_kw: Floats) -> dict[str, Floats]:
    """How power is spread over the day: of its sums (`core.accounts.indicators.Day`) those about peak and valley.

    Parameters
    ----------
    power_kw : array [..., transformers, steps]
        Power of each transformer; below 0 feeds back.
    over_kw : array [..., transformers, steps]
        What of it is beyond the limit, in either direction; >= 0.

    Returns
    -------
    dict of array [...]
        Of all transformers together `site_peak_kw`, `site_valley_kw`, `site_mean_kw` (mean of what is drawn: feeding
        back counts as 0) and `ramp_kw`; of any transformer `over_limit_h`.
    """
    site = power_kw[..., 0, :] if power_kw.shape[-2] == 1 else power_kw.sum(axis=-2)
    change = np.diff(site, axis=-1)
    over = (over_kw > OVER_KW).any(axis=-2)
    return {
        "site_peak_kw": site.max(axis=-1),
        "site_valley_kw": site.min(axis=-1),
        "site_mean_kw": np.maximum(site, 0.0).mean(axis=-1),
        "ramp_kw": np.maximum(change.max(axis=-1), -change.min(axis=-1)),
        "over_limit_h": np.count_nonzero(over, axis=-1) * STEP_HOURS,
    }


def shaved(totals: Totals, reference: Totals) -> dict[str, float]:
    """What a run changes of peak and valley against the reference's on the same World.

    Returns
    -------
    dict
        `peak_shaved_kw`, the reference's peak less the run's; `peak_shaved_frac`, that over the reference's peak, NaN
        where the reference draws nothing; `valley_filled_kw`, the run's lowest power less the reference's. Below 0
        where the run makes it worse.
    """
    peak = reference.site_peak_kw - totals.site_peak_kw
    return {
        "peak_shaved_kw": peak,
        "peak_shaved_frac": peak / reference.site_peak_kw if reference.site_peak_kw > 0 else float("nan"),
        "valley_filled_kw": totals.site_valley_kw - reference.site_valley_kw,
    }
