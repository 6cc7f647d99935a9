"""`simulate`: one agent through one scenario."""

from __future__ import annotations

import argparse

import pandas as pd

from core.cli import notices
from core.cli.options import Commands, add_results, add_scenario, command, read_scenario
from core.cli.output import print_json, print_table, records


def add(commands: Commands) -> None:
    """Add the command."""
    parser = command(commands, "simulate", run, "run one agent through one scenario")
    add_scenario(parser)
    parser.add_argument("--agent", default="afap", help="name of the agent (afap)")
    add_results(parser)


def run(options: argparse.Namespace) -> None:
    """Print the ledger's totals; with `--json` sessions, stations, rewards and EV2Gym's statistics too."""
    from core.reports.result_csv import results_of
    from core.rewards import scores
    from core.studies.run import simulate
    from core.world.series import provenance

    result = simulate(read_scenario(options), options.agent)
    if options.results:
        options.results.write_bytes(results_of([result]))
    notices.say([result.scenario])
    totals = result.ledger.totals.as_dict()
    if not options.json:
        print_table(pd.DataFrame({"value": totals}))
        return
    print_json(
        {
            "agent": options.agent,
            "scenario": result.scenario.model_dump(mode="json"),
            "made_with": provenance(result.scenario),
            "notices": notices.texts(result.scenario),
            "ledger": totals,
            "rewards": scores(result.world, result.trace),
            "bound_eur": result.trace.bound_eur,
            "sessions": records(result.ledger.sessions),
            "stations": records(result.ledger.stations),
            "ev2gym_stats": dict(result.trace.ev2gym_stats),
        }
    )
