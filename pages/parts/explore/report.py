"""Tables of Explore's report."""

from __future__ import annotations

import pandas as pd

from core.accounts.indicators import INDICATORS, value_of
from core.figures import Style
from core.figures.indicators import written
from core.figures.stakeholders import account_lines
from core.studies.run import Result
from pages.ui.charts import Sheet
from pages.ui.i18n import t


def tables(sheet: Sheet, result: Result, reference: Result, style: Style, share: str) -> None:
    """For the report: the indicators, and the ledger line by line, against plug and charge."""
    pair = (result.ledger.totals, reference.ledger.totals)
    mine, base, difference = t("series.agent"), t("series.reference"), t("tip.difference")
    rows = []
    for name in INDICATORS:
        now, before = (value_of(totals, name) for totals in pair)
        change = written(now - before, name, style, signed=True)
        rows.append([t(f"indicator.{name}"), written(now, name, style), written(before, name, style), change])
    rows.append([t("kpi.captured"), share, "", ""])
    sheet.table(pd.DataFrame(rows, columns=[t("choose.indicator"), mine, base, difference]), t("report.indicators"))
    weights = {"drivers": "w_user", "provider": "w_provider", "grid": "w_grid"}
    lines = [
        [
            t(f"account.{line.key}", weight=getattr(result.scenario, weights[line.key]))
            if line.key in weights
            else t(f"account.{line.key}"),
            style.amount(line.agent_eur),
            style.amount(line.reference_eur),
            style.amount(line.agent_eur - line.reference_eur, signed=True),
        ]
        for line in account_lines(*pair)
    ]
    heads = [t("tip.line"), *(f"{head} ({style.unit})" for head in (mine, base, difference))]
    sheet.table(pd.DataFrame(lines, columns=heads), t("report.ledger"))
