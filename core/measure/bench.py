"""Benchmark: speed and memory, all in one run. Ratios and medians; nothing here is a test.

Each part returns a flat dict of figures; `measure` joins them. Timings depend on the machine: quote ratios and medians.
"""

from __future__ import annotations

import datetime as dt
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from itertools import cycle
from pathlib import Path

import numpy as np

from core.agents.base import FleetView, Floats
from core.agents.optimum.best import solve
from core.agents.registry import make_agent
from core.engines.ev2gym import warm_up
from core.errors import EnerV2GizeError
from core.measure import readme
from core.paths import ROOT
from core.scenario import Scenario
from core.scenario.ev2gym_file import config_of, located
from core.studies.run import Result, simulate
from core.world import build_world

FELT = (
    "felt_floor_ms", "felt_floor_settled_ms", "felt_explore_ms", "felt_explore_p95_ms", "felt_explore_vs_floor",
    "felt_explore_settled_ms", "felt_explore_settled_vs_floor", "felt_agent_ms", "felt_agent_vs_floor",
    "felt_compare_settled_ms", "felt_compare_settled_vs_floor", "first_visit_mb", "first_visit_gzip_mb",
    "first_visit_floor_mb", "reload_s", "reload_floor_s",
)  # fmt: skip
"""What is quoted of `harness.felt`'s figures."""

LEARNED = "ppo"
"""The learned agent whose decisions are timed; the others' networks are of the same size."""

Figures = dict[str, float | None]


def _median_ms(work: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def bench_slider() -> Figures:
    """From a changed slider to finished chart specifications, and EV2Gym's own part of it."""
    from core import figures
    from core.figures.explore import Shown, run_figures

    def draw(chosen: Result, reference: Result) -> None:
        """What Explore draws without a station chosen, data included."""
        shown = Shown(chosen, reference, style)
        for figure in (entry.draw(shown) for row in run_figures().values() for entry in row):
            figure.arrow()
            json.dumps(figure.spec)

    style = figures.Style(text=lambda key, **numbers: key)

    warm_up()
    base = Scenario()
    # Every change is new: nothing is answered from a cache. The first ones warm up and do not count.
    changes = [
        base.replace(**{field: value})
        for seed in range(5)
        for field, value in (
            ("seed", seed),
            ("v2g_price_factor", 0.8 + 0.05 * seed),
            ("transformer_limit_kw", 60 + 10 * seed),
            ("intensity", 4 + 0.5 * seed),
        )
    ]
    total, stepping, parts = [], [], []
    for scenario in changes:
        started = time.perf_counter()
        world = build_world(scenario)
        reference, chosen = simulate(scenario, "afap", world=world), simulate(scenario, "best", world=world)
        ran = time.perf_counter()
        draw(chosen, reference)
        total.append((time.perf_counter() - started) * 1000)
        parts.append((time.perf_counter() - ran) * 1000)
        stepping.append(reference.trace.simulation_ms + chosen.trace.simulation_ms)
    return {
        "slider_to_chart_ms": statistics.median(total[4:]),
        "slider_ev2gym_ms": statistics.median(stepping[4:]),
        "slider_figures_ms": statistics.median(parts[4:]),
    }


def bench_ev2gym() -> Figures:
    """Plain EV2Gym on the stock day: construct, reset and episode; and its `step` alone."""
    import yaml
    from ev2gym.models.ev2gym_env import EV2Gym

    scenario = Scenario()
    states = np.random.get_state()  # noqa: NPY002 - EV2Gym seeds the global stream
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_text(yaml.safe_dump(located(config_of(scenario))))

        def episode() -> float:
            env = EV2Gym(config_file=str(path), seed=scenario.seed)
            env.reset(seed=scenario.seed)
            started = time.perf_counter()
            for _ in range(scenario.n_steps):
                env.step(np.ones(scenario.n_ports))
            return time.perf_counter() - started

        stepping: list[float] = []
        whole = _median_ms(lambda: stepping.append(episode()), 3)
    np.random.set_state(states)  # noqa: NPY002
    return {
        "ev2gym_plain_ms": whole,
        "ev2gym_port_steps_per_s": scenario.n_ports * scenario.n_steps / statistics.median(stepping),
    }


def bench_best() -> Figures:
    """The optimum at 25 and 200 stations, and where binaries are needed."""
    small = [build_world(Scenario(seed=seed)) for seed in range(10)]
    large = build_world(Scenario(stations=200, transformers=4, transformer_limit_kw=200, seed=1))
    binary = [
        build_world(
            Scenario(seed=seed, w_provider=0.25, w_grid=0.25, v2g_price_factor=1.5, retail_markup_eur_per_kwh=0.1)
        )
        for seed in range(5)
    ]
    one, mixed = cycle(small), cycle(binary)
    gaps = [solve(world).gap_eur for world in binary]
    return {
        "best_25_ms": _median_ms(lambda: solve(next(one)), 20),
        "best_200_ms": _median_ms(lambda: solve(large), 3),
        "best_25_binaries_ms": _median_ms(lambda: solve(next(mixed)), 5),
        "best_25_binaries_gap_eur": max(gaps),
    }


def bench_mpc() -> Figures:
    """`mpc` on 50 working days of 2023 with load, PV, an event a day and a limit that binds: time and captured share.

    No setting of `mpc` was chosen on these days.
    """
    base = Scenario(load_share=0.6, pv_share=0.8, dr_events=1, transformer_limit_kw=80)
    workdays = [day for k in range(90) if (day := dt.date(2023, 3, 1) + dt.timedelta(days=k)).weekday() < 5][:50]
    decisions: list[float] = []
    gained = possible = 0.0
    for k, day in enumerate(workdays):
        scenario = base.replace(date=day, seed=5000 + k)
        world = build_world(scenario)
        runs = {name: simulate(scenario, name, world=world) for name in ("afap", "mpc", "best")}
        objective = {name: run.ledger.totals.objective_eur for name, run in runs.items()}
        gained += objective["mpc"] - objective["afap"]
        possible += (runs["best"].trace.bound_eur or 0.0) - objective["afap"]
        busy = runs["mpc"].ledger.steps["connected"].to_numpy() > 0  # without cars there is nothing to decide
        decisions += runs["mpc"].trace.decision_ms[busy].tolist()
    return {"mpc_decision_ms": statistics.median(decisions), "mpc_captured": gained / possible}


def bench_decision() -> Figures:
    """One decision of a learned agent where cars are plugged in: a site of 25 ports, and 400 such sites at once."""
    from core.agents.learned import available
    from core.engines.batch import Batch, totals_batch

    if not available():
        return {"decision_25_ms": None, "decision_10000_ms": None}
    name = LEARNED if LEARNED in available() else available()[0]

    def decisions(batches: Sequence[Batch]) -> float:
        times: list[float] = []
        agent = make_agent(name)
        decide = agent.act

        def timed(view: FleetView) -> Floats:
            started = time.perf_counter()
            actions = decide(view)
            if view.connected.any():
                times.append((time.perf_counter() - started) * 1000)
            return actions

        agent.act = timed  # type: ignore[method-assign]
        totals_batch(batches[0], agent)  # compiles, or loads what was compiled
        times.clear()
        for batch in batches:
            totals_batch(batch, agent)
        return statistics.median(times)

    worlds = [build_world(Scenario(seed=seed)) for seed in range(400)]
    return {
        "decision_25_ms": decisions([Batch([world]) for world in worlds[:20]]),
        "decision_10000_ms": decisions([Batch(worlds)]),
    }


def bench_app(repeats: int = 3) -> Figures:
    """The app as a whole: what `harness.first_chart` prints."""
    return _in_browser(("first_chart_s", "rss_mb"), "harness.first_chart", "--repeats", str(repeats))


def bench_cold() -> Figures:
    """The app on a fresh machine: what `harness.cold` prints."""
    return _in_browser(("cold_first_chart_s", "cold_robustness_first_s"), "harness.cold")


def bench_felt() -> Figures:
    """From a key press to what changes on the screen: what `harness.felt` prints."""
    return _in_browser(FELT, "harness.felt")


def bench_playback() -> Figures:
    """A day that plays on Stations: what `harness.playback` prints."""
    return _in_browser(("playback_fps", "playback_worst_fps"), "harness.playback")


def _in_browser(names: Sequence[str], *module: str) -> Figures:
    """What a module prints that drives the app from outside, of which the library knows nothing."""
    if find_spec("playwright") is None or find_spec("harness") is None:
        return dict.fromkeys(names)
    command = [sys.executable, "-m", *module]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if ended.returncode:
        said = ended.stderr.strip().splitlines() or ["nothing said why"]
        raise EnerV2GizeError(f"bench: the app could not be measured: {said[-1]}")
    figures: Figures = json.loads(ended.stdout)
    return {name: figures.get(name) for name in names}


def bench_batch() -> Figures:
    """The batch engine; see `core.measure.batch.measure`."""
    from core.measure.batch import measure

    return dict(measure())


def bench_pages() -> Figures:
    """Compare, Stations, Robustness and Trade-offs; see `core.measure.pages.measure`."""
    from core.measure.pages import measure

    return measure()


def bench_environments() -> Figures:
    """Environments as learners see them, where stable-baselines3 is installed; see `core.training.speed.measure`."""
    if find_spec("stable_baselines3") is None:
        return {}
    from core.training.speed import measure

    return measure()


PARTS: dict[str, Callable[[], Figures]] = {
    "slider": bench_slider,
    "ev2gym": bench_ev2gym,
    "best": bench_best,
    "mpc": bench_mpc,
    "decision": bench_decision,
    "batch": bench_batch,
    "environments": bench_environments,
    "pages": bench_pages,
    "page": bench_app,
    "cold": bench_cold,
    "felt": bench_felt,
    "playback": bench_playback,
}


def measure(only: Sequence[str] = ()) -> Figures:
    """Run the benchmark, or some `PARTS` of it: one flat dict of figures (None where a part cannot run here).

    Raises
    ------
    EnerV2GizeError
        For a part that does not exist.
    """
    unknown = [name for name in only if name not in PARTS]
    if unknown:
        raise EnerV2GizeError(f"bench: there is no part '{unknown[0]}'; choose from {', '.join(PARTS)}")
    figures: Figures = {}
    for name, part in PARTS.items():
        if not only or name in only:
            figures.update(part())
    return figures


MEANINGS: dict[str, tuple[str, str, str]] = {
    "slider_to_chart_ms": ("changed slider to finished chart specifications, `best` against `afap`", "ms", "150"),
    "slider_ev2gym_ms": ("of that, EV2Gym's own stepping (two episodes)", "ms", ""),
    "slider_figures_ms": ("of that, the figures", "ms", ""),
    "ev2gym_plain_ms": ("one episode of plain EV2Gym: construct, reset, run", "ms", ""),
    "ev2gym_port_steps_per_s": ("plain EV2Gym's `step` alone", "port-steps/s", ""),
    "best_25_ms": ("the optimum, 25 stations", "ms", "60"),
    "best_200_ms": ("the optimum, 200 stations", "ms", "5,000"),
    "best_25_binaries_ms": ("the optimum where binaries are needed, 25 stations", "ms", "2,000"),
    "best_25_binaries_gap_eur": ("what that leaves open, worst of five days", "EUR", ""),
    "mpc_decision_ms": ("one decision of `mpc` with cars plugged in, 25 stations", "ms", "15"),
    "mpc_captured": ("share of the possible gain that `mpc` gains, 50 days with load, PV and a binding limit", "", ""),
    "decision_25_ms": ("one decision of a learned agent with cars plugged in, 25 ports", "ms", "0.2"),
    "decision_10000_ms": ("the same for 10,000 ports", "ms", "10"),
    "batch_port_steps_per_s": ("batch engine, `afap`, one core", "port-steps/s", ""),
    "batch_vs_ev2gym": ("that over plain EV2Gym's `step`", "x", ""),
    "batch_two_cores": ("two cores over one", "x", ""),
    "batch_actions_per_s": ("batch engine under given random actions, one core", "port-steps/s", ""),
    "env_ev2gym_steps_per_s": ("plain EV2Gym in a `DummyVecEnv`, random actions", "steps/s", ""),
    "env_steps_per_s": ("`SiteVecEnv` of the same site, random actions", "steps/s", ""),
    "env_vs_ev2gym": ("that over EV2Gym's", "x", ""),
    "ppo_ev2gym_steps_per_s": ("plain EV2Gym in a `DummyVecEnv`, in PPO's own loop with its updates", "steps/s", ""),
    "ppo_steps_per_s": ("`SiteVecEnv` likewise", "steps/s", ""),
    "ppo_vs_ev2gym": ("that over EV2Gym's", "x", ""),
    "world_ms": ("building a World, 25 stations", "ms", "2"),
    "year_4_agents_s": ("a year under four heuristics, Worlds included, one process", "s", "3"),
    "compare_8_ms": ("Compare: eight agents, three of them learned, changed scenario to finished charts", "ms", "600"),
    "compare_8_mpc_ms": ("the same with `mpc`; the others are on screen before it", "ms", "2,500"),
    "compare_200_stations_kb": (
        "Compare: chart specifications with data, 200 stations, eight agents",
        "kB",
        "1,000",
    ),
    "stations_first_frame_ms": (
        "Stations: all agents but `mpc` known, to a day that plays and its ranking",
        "ms",
        "300",
    ),
    "stations_new_day_ms": ("the same where all of them run first; the day plays after the first of them", "ms", ""),
    "page_data_mb": ("the most that Explore, Compare or Stations sends for its charts, 200 stations", "MB", "1"),
    "robustness_100x8_s": ("Robustness: 100 days under the eight agents, two threads", "s", "5"),
    "robustness_100x8_tight_s": ("the same with a limit of 72 kW, which binds on most days", "s", "5"),
    "robustness_first_s": ("of the former, until the first results", "s", "1"),
    "robustness_365x8_s": ("Robustness: 365 days under the eight agents", "s", "15"),
    "robustness_365x8_kb": ("Robustness: chart specifications with data of those 365 days", "kB", "1,000"),
    "sweep_15x15x4_s": ("Trade-offs: 15 x 15 values under `afap`, two learned agents and `best`", "s", "10"),
    "sweep_15x15x4_kb": ("Trade-offs: chart specifications with data of that", "kB", "1,000"),
    "first_chart_s": ("`streamlit run` to the first chart in a browser", "s", "6"),
    "rss_mb": ("memory of the server after that", "MB", "450"),
    "cold_first_chart_s": (
        "the same with nothing compiled or cached beside what is shipped, without a browser",
        "s",
        "6",
    ),
    "cold_robustness_first_s": ("Robustness on such a machine: opened to the first chart", "s", "3"),
    "felt_explore_ms": ("Explore in a browser: key press on a slider to the first new card, median", "ms", "300"),
    "felt_explore_p95_ms": ("the same, 95th percentile", "ms", "600"),
    "felt_explore_vs_floor": ("that median over the same of a page with nothing but a slider and a chart", "x", "2"),
    "felt_explore_settled_ms": ("Explore: key press until no chart, table or text changes any more", "ms", "500"),
    "felt_agent_ms": ("Explore: another agent chosen to the first new card", "ms", "500"),
    "felt_compare_settled_ms": ("Compare: key press until nothing changes any more", "ms", "1,200"),
    "felt_floor_ms": ("the page with nothing but a slider and a chart: key press to the new value", "ms", ""),
    "felt_floor_settled_ms": ("the same until its chart stands", "ms", ""),
    "first_visit_mb": ("what a first visit to Explore brings over the network", "MB", "3"),
    "first_visit_floor_mb": ("what Streamlit itself brings for a slider and a chart, not compressed", "MB", ""),
    "first_visit_gzip_mb": ("the same behind a proxy that compresses", "MB", ""),
    "reload_s": ("a reload of Explore to its first chart", "s", ""),
    "reload_floor_s": ("the same of a page with nothing but a slider and a chart", "s", ""),
    "playback_fps": ("Stations: frames a second while a day plays in a browser, at least 30", "1/s", ""),
    "playback_worst_fps": ("the same in the second that has fewest", "1/s", ""),
}
"""What README's table says of a figure: meaning, unit, and the most that we want (empty: none)."""


def readme_table(figures: Figures) -> str:
    """The figures that `MEANINGS` knows, as a Markdown table."""
    lines = ["| figure | measured | at most | what |", "|---|---:|---:|---|"]
    for name, (meaning, unit, most) in MEANINGS.items():
        value = figures.get(name)
        if value is not None:
            digits = 0 if value >= 1000 else 1 if value >= 10 else 2
            lines.append(f"| `{name}` | {value:,.{digits}f} {unit} | {most} | {meaning} |".replace("  |", " |"))
    return "\n".join(lines)


def write_readme(figures: Figures) -> None:
    """Put the table into README's section on speed."""
    readme.put("bench", readme_table(figures))
