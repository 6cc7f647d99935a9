"""What was expected of prices, load and solar power, against what came; and how far off price forecasts are."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.figures.channels import PLAIN, edges_of, quantity, readout, time_x, tip
from core.figures.figure import Figure, specification, table
from core.figures.style import Style
from core.tariffs import forecast
from core.tariffs.forecast import MODELS
from core.tariffs.forecast_errors import BACKTEST, errors
from core.world import World

Floats = NDArray[np.float64]

HEIGHT_PX: Final = 240
NINE_IN_TEN: Final = 1.645
"""Standard deviations to either side of the mean that hold 90 % of a normal distribution."""


def price_forecast(world: World, model: str, style: Style) -> Figure:
    """One model's forecast of the hours of a run with its band, and the price that came; data `forecast`, an hour a row
    and one more at the end. Raises `ScenarioError` where there is no forecast."""
    row = forecast.row_of(world.scenario.date)
    times = world.times_local
    midnight = times[0].astype("datetime64[D]").astype("datetime64[m]")
    hours = np.unique((times - midnight).astype(np.int64) // 60)
    low, high = (bound[0, hours] * style.rate for bound in forecast.bands(model, np.array([row])))
    expected, came = forecast.expected(model)[row, hours] * style.rate, forecast.came()[row, hours] * style.rate
    inside = int(((low <= came) & (came <= high)).sum())
    off = style.price(float(np.abs(expected - came).mean()) / style.rate)
    title = style.text(
        f"figure.price_forecast.title_{model}", off=off, inside=inside, hours=len(hours)
    )  # fmt: skip
    edges = midnight + np.append(hours, hours[-1] + 1) * np.timedelta64(60, "m")
    return _against_what_came(
        "price_forecast", title, {"expected": expected, "came": came, "low": low, "high": high}, edges, style,
        unit=f"{style.currency}/kWh", format_=style.price_format, step_ms=3_600_000, digits=6,
    )  # fmt: skip


def site_forecast(world: World, style: Style) -> Figure:
    """Other load less solar power as agents expect it at the beginning, with its band, and as it came; data `forecast`,
    a row a step and one more at the end."""
    expected = (world.load_forecast_kw - world.pv_forecast_kw).sum(axis=0)
    came = world.base_load_kw.sum(axis=0)
    spread = world.scenario.forecast_error_percent / 100
    # Errors are independent from transformer to transformer, and of load and solar power.
    off = NINE_IN_TEN * spread * np.sqrt((world.load_forecast_kw**2 + world.pv_forecast_kw**2).sum(axis=0))
    low, high = expected - off, expected + off
    inside = float(((low - 1e-9 <= came) & (came <= high + 1e-9)).mean())
    title = style.text("figure.site_forecast.title", off=float(np.abs(expected - came).mean()), inside=inside)
    return _against_what_came(
        "site_forecast", title, {"expected": expected, "came": came, "low": low, "high": high},
        edges_of(world.times_local), style, unit="kW", format_=",.2f", step_ms=900_000, digits=3,
    )  # fmt: skip


def forecast_errors(style: Style) -> Figure:
    """Mean size of the errors of each model by hour, over the back-test; data `errors`, a row a model and hour."""
    found = {model: errors(model, *BACKTEST) for model in MODELS}
    names = {model: style.text(f"forecast.model.{model}") for model in MODELS}
    values = {
        "seasonal_naive": style.price(float(found["seasonal_naive"].mae[0])),
        "sarima": style.price(float(found["sarima"].mae[0])),
        "boosted": style.price(float(found["boosted"].mae[0])),
    }
    title = style.text("figure.forecast_errors.title", year=str(BACKTEST[0].year), **values)
    unit = f"{style.currency}/kWh"
    x = {
        "field": "hour", "type": "quantitative", "scale": {"domain": [0, 23], "nice": False},
        "axis": {"title": style.text("forecast.hour"), "values": list(range(0, 24, 3)), "format": "02d"},
    }  # fmt: skip
    y = quantity("mae", unit, ticks=5, zero=True)
    colour = {
        "field": "model", "type": "nominal",
        "scale": {"domain": list(names.values()), "range": [model_colour(model, style) for model in MODELS]},
        "legend": {
            "title": None, "symbolType": "stroke", "columns": {"expr": "width < 420 ? 1 : 3"}, "labelLimit": 300,
        },
    }  # fmt: skip
    tooltip = [
        tip("model", style.text("forecast.of")), tip("hour", style.text("forecast.hour"), "02d"),
        tip("mae", f"{style.text('forecast.mae')} ({unit})", style.price_format),
        tip("rmse", f"{style.text('forecast.rmse')} ({unit})", style.price_format),
    ]  # fmt: skip
    layers: list[dict[str, Any]] = [
        {"mark": {"type": "line", "strokeWidth": 2.25}, "encoding": {"x": x, "y": y, "color": colour}},
        {
            "mark": {"type": "point", "filled": True, "size": 40, "opacity": 1},
            "encoding": {"x": x, "y": y, "color": colour, "tooltip": tooltip},
        },
    ]
    rows = table(
        model=np.repeat(list(names.values()), 24),
        hour=np.tile(np.arange(24), len(MODELS)),
        mae=np.concatenate([found[model].mae_by_hour for model in MODELS]) * style.rate,
        rmse=np.concatenate([found[model].rmse_by_hour for model in MODELS]) * style.rate,
    )
    return Figure(
        title=title,
        subtitle=style.text("figure.forecast_errors.reading", year=str(BACKTEST[0].year), currency=style.currency),
        alt=style.text("figure.forecast_errors.alt", finding=title),
        spec=specification(style, HEIGHT_PX, layers, data={"name": "errors"}),
        data={"errors": rows},
    )


def model_colour(model: str, style: Style) -> str:
    """A model's colour, the same in every figure."""
    colour = style.colours
    return {"seasonal_naive": colour.muted, "sarima": colour.discharge, "boosted": colour.charge}[model]


def _against_what_came(
    name: str, title: str, columns: dict[str, Floats], edges: NDArray[np.datetime64], style: Style, *, unit: str,
    format_: str, step_ms: int, digits: int,
) -> Figure:  # fmt: skip
    """Step lines of what was `expected` and what `came`, and the band from `low` to `high`."""
    colour, label = style.colours, style.text
    x = time_x(style)
    names = {key: label(f"forecast.series.{key}") for key in ("expected", "came", "band")}
    y = {
        "type": "quantitative", "scale": {"nice": True, "zero": False},
        "axis": {"title": unit, "grid": True, "tickCount": 5, "format": PLAIN},
    }  # fmt: skip
    looks = {"expected": colour.provider, "came": colour.text, "band": colour.provider}
    told = [
        tip("when", label("axis.time")),
        *(tip(key, f"{names[key]} ({unit})", format_) for key in ("expected", "came")),
        *(tip(key, f"{label(f'forecast.series.{key}')} ({unit})", format_) for key in ("low", "high")),
    ]
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "area", "interpolate": "step-after", "color": looks["band"], "opacity": 0.2},
            "encoding": {"x": x, "y": {"field": "high", "stack": None, **y}, "y2": {"field": "low"}},
        },
        {
            "mark": {
                "type": "line", "interpolate": "step-after", "color": looks["expected"], "strokeWidth": 2.25,
                "strokeDash": [6, 3],
            },
            "encoding": {"x": x, "y": {"field": "expected", **y}},
        },
        {
            "mark": {"type": "line", "interpolate": "step-after", "color": looks["came"], "strokeWidth": 2},
            "encoding": {"x": x, "y": {"field": "came", **y}},
        },
        {
            "data": {"values": [{"series": names[key]} for key in looks]},
            "mark": {"type": "point", "filled": True, "opacity": 0},
            "encoding": {
                "color": {
                    "field": "series", "type": "nominal",
                    "scale": {
                        "domain": [names[key] for key in looks],
                        "range": [colour.provider, colour.text, _tinted(colour.provider)],
                    },
                    "legend": {
                        "title": None, "symbolType": "square", "symbolOpacity": 1, "symbolSize": 80,
                        "columns": {"expr": "width < 420 ? 1 : 3"}, "labelLimit": 300,
                    },
                },
            },
        },
        readout(x, style, told, step_ms=step_ms),
    ]  # fmt: skip
    return Figure(
        title=title,
        subtitle=label(f"figure.{name}.reading", unit=unit),
        alt=label(f"figure.{name}.alt", finding=title),
        spec=specification(style, HEIGHT_PX, layers, data={"name": "forecast"}),
        data={"forecast": table(t=edges, **{k: np.append(v, v[-1]).round(digits) for k, v in columns.items()})},
    )


def _tinted(colour: str) -> str:
    """The colour of a band: a fifth of it over what lies behind."""
    return f"{colour}55"
