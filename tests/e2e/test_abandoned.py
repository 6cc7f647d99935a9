"""Work ends when nobody looks at it any more: measured on a real server, as its processor time."""

from __future__ import annotations

import time

import psutil
import pytest

from harness.load import cpu_s
from harness.server import running_app
from harness.visitor import Visitor

pytestmark = pytest.mark.e2e

LARGEST = {"v": 1, "lang": "en", "stations": 200, "ports_per_station": 4, "transformers": 4, "length_h": 48}


def test_a_heavy_page_that_is_closed_leaves_the_processors_idle_within_two_seconds():
    with running_app() as (address, process):
        server = psutil.Process(process.pid)
        with Visitor(address) as visitor:
            visitor.open(v=1, lang="en", agent="afap")  # what a server does once is done
        with Visitor(address) as visitor:
            visitor.begin(**LARGEST, agent="best")
            visitor.see("Best plan")
            time.sleep(2.0)
            working = cpu_s(server)
            time.sleep(0.5)
            assert cpu_s(server) - working > 0.05
        time.sleep(2.0)
        before = cpu_s(server)
        time.sleep(1.0)
        assert cpu_s(server) - before < 0.2
        assert all(child.status() == psutil.STATUS_ZOMBIE for child in server.children())
