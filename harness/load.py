"""Many visitors at once: the real server under websocket sessions that move sliders, change pages and take files along.

`python -m harness.load --sessions 30 --minutes 5` prints what it measured as JSON: response and processor time of a
change, alone and with all; memory; and whether every figure is the one that the same scenario shows on a server of its
own. On a machine that does other work too, compare processor seconds and ratios of one run, not seconds.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from harness.server import running_app
from harness.visitor import Shown, Visitor

PAGES = ("", "", "", "compare", "stations")
"""Which pages are gone to, Explore more often than others."""

LANGUAGE = {"lang": "en"}

FILES = ("charts_svg", "charts_png", "report")
"""Downloads that are made of charts, the largest there are."""

EVERY_FILE = 40
"""About one file for so many changes."""

LARGEST = {"stations": 200, "ports_per_station": 4, "length_h": 48}
"""The largest site that a scenario may have."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one visitor and what it showed."""

    page: str
    fields: dict[str, float]
    shown: Shown


@dataclass(slots=True)
class Person:
    """Somebody with a scenario of their own, who changes one slider or the page at a time."""

    random: random.Random
    fields: dict[str, float] = field(default_factory=dict)
    page: str = ""

    def next(self) -> dict[str, float]:
        """What is moved next."""
        r = self.random
        if r.random() < 0.25:
            self.page = r.choice(PAGES)
            return {}
        name, value = r.choice(
            [
                ("seed", r.randrange(1000)),
                ("stations", r.randrange(5, 41)),
                ("v2g_price_factor", r.randrange(13, 25) / 20),
                ("transformer_limit_kw", r.randrange(4, 21) * 10),
                ("intensity", r.randrange(4, 16) / 2),
            ]
        )
        self.fields[name] = value
        return {name: value}


def cpu_s(server: psutil.Process) -> float:
    """Processor time of the server and of the processes that it started and that ended or still run [s]."""
    spent: float = sum(server.cpu_times()[:4])
    for child in server.children(recursive=True):
        try:
            spent += sum(child.cpu_times()[:2])
        except psutil.Error:
            continue
    return spent


def memory_mb(server: psutil.Process) -> float:
    """Memory of the server and its processes [MB]."""
    held = server.memory_info().rss
    for child in server.children(recursive=True):
        try:
            held += child.memory_info().rss
        except psutil.Error:
            continue
    return float(held) / 2**20


def visit(
    address: str, seed: int, until: float, pace_s: float, out: list[Change], most: int = 10**9, files: bool = False
) -> None:
    """One visitor's session, until a time or so many changes; now and then a file is taken along."""
    person = Person(random.Random(seed))
    with Visitor(address) as visitor:
        visitor.open(**LANGUAGE)
        for _ in range(most):
            time.sleep(person.random.uniform(0.5, 1.5) * pace_s)
            if time.monotonic() > until:
                return
            before, moved = person.page, person.next()
            shown = visitor.move(moved, person.page if person.page != before else None)
            out.append(Change(person.page, dict(person.fields), shown))
            if files and person.random.random() < 1 / EVERY_FILE:
                visitor.take(person.random.choice(FILES))


def visit_largest(address: str) -> None:
    """Somebody who opens the largest site and waits for all of it, the best plan for it among it."""
    with Visitor(address) as visitor:
        visitor.begin("", v=1, agent="afap", **LANGUAGE, **LARGEST)
        with suppress(TimeoutError):
            visitor.wait()


def wrong(changes: list[Change], most: int) -> list[str]:
    """Changes whose figures a server of its own does not show for the same scenario; of at most so many."""
    found = []
    some = random.Random(1).sample(changes, min(most, len(changes)))
    with running_app() as (address, _):
        for change in some:
            with Visitor(address) as visitor:
                alone = visitor.open(change.page, v=1, **LANGUAGE, **change.fields)
            here, there = change.shown, alone
            if here.headings != there.headings or any(there.metrics.get(k) != v for k, v in here.metrics.items()):
                found.append(f"/{change.page} {change.fields}: {here.headings[:1]} {there.headings[:1]}")
    return found


def measure(sessions: int, minutes: float, pace_s: float, checked: int = 20) -> dict[str, object]:
    """One visitor alone, then all at once, on one server; then the figures of some changes on another."""
    with running_app() as (address, process):
        server = psutil.Process(process.pid)
        warm: list[Change] = []
        visit(address, 0, time.monotonic() + 600, 0.0, warm, most=12)
        began, spent = time.monotonic(), cpu_s(server)
        alone: list[Change] = []
        visit(address, 1, time.monotonic() + 600, 0.2, alone, most=20)
        cpu_alone = (cpu_s(server) - spent) / len(alone)
        memory = [memory_mb(server)]
        spent, until = cpu_s(server), time.monotonic() + 60 * minutes
        changes: list[Change] = []
        threads = [
            threading.Thread(target=visit, args=(address, 100 + i, until, pace_s, changes), kwargs={"files": True})
            for i in range(sessions)
        ]
        threads.append(threading.Thread(target=visit_largest, args=(address,)))
        began = time.monotonic()
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            time.sleep(1.0)
            memory.append(memory_mb(server))
        took = time.monotonic() - began
        cpu_all = cpu_s(server) - spent
    seconds = sorted(change.shown.seconds for change in changes)
    median_alone = statistics.median(change.shown.seconds for change in alone)
    return {
        "sessions": sessions,
        "minutes": round(took / 60, 2),
        "changes": len(changes),
        "scenarios": len({tuple(sorted(change.fields.items())) for change in changes}),
        "changes_a_minute": round(60 * len(changes) / took, 1),
        "response_alone_s": round(median_alone, 2),
        "response_s": round(statistics.median(seconds), 2),
        "response_ratio": round(statistics.median(seconds) / median_alone, 1),
        "response_p95_s": round(seconds[int(0.95 * (len(seconds) - 1))], 2),
        "cpu_s_a_change_alone": round(cpu_alone, 2),
        "cpu_s_a_change": round(cpu_all / len(changes), 2),
        "processors_used": round(cpu_all / took, 2),
        "memory_before_mb": round(memory[0]),
        "memory_most_mb": round(max(memory)),
        "memory_after_mb": round(memory[-1]),
        "problems": sorted({problem for change in changes for problem in change.shown.problems}),
        "checked": min(checked, len(changes)),
        "wrong": wrong(changes, checked),
    }


def main() -> None:
    """Print what was measured; exit code 1 where a figure was wrong or a page showed an error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=30, help="visitors at the same time (30)")
    parser.add_argument("--minutes", type=float, default=5.0, help="how long they stay (5)")
    parser.add_argument("--pace", type=float, default=10.0, help="seconds between two changes of a visitor (10)")
    parser.add_argument("--checked", type=int, default=20, help="changes that are compared with a server alone (20)")
    asked = parser.parse_args()
    found = measure(asked.sessions, asked.minutes, asked.pace, asked.checked)
    print(json.dumps(found, indent=2))
    raise SystemExit(1 if found["problems"] or found["wrong"] else 0)


if __name__ == "__main__":
    main()
