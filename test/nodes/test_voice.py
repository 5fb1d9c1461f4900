"""What a node says of itself, over real DDS."""

from itertools import pairwise

import pytest

from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.clock import Now
from flywheel_nodes.core.metrics import Report
from flywheel_nodes.nodes.shell import Shell
from flywheel_nodes.nodes.voice import FULL_REPORT_EVERY
from test.harness import Bench

NAME = 'policy_monitor'


class Box:
    """A component that has nothing to say, or a count that grows."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.busy = False

    def step(self, now: Now) -> None:
        """Count while busy."""
        if self.busy:
            self.shell.metrics.add('loop_overruns_total', node=NAME)

    def close(self) -> None:
        """Do nothing."""


def reports(bench: Bench) -> list[Report]:
    return [wire.report_from_statuses(m.status) for m in bench.probe.heard[topics.METRICS.name]]


def test_metrics_are_a_heartbeat_full_now_and_then(bench: Bench) -> None:
    bench.probe.listen(topics.METRICS)
    box = bench.start(NAME, Box)
    bench.until(lambda: len(reports(bench)) > FULL_REPORT_EVERY, 'a round of reports')
    box.busy = True
    heard = reports(bench)
    fulls = [i for i, report in enumerate(heard) if report.full]
    assert [b - a for a, b in pairwise(fulls)] == (
        [FULL_REPORT_EVERY] * (len(fulls) - 1))
    assert len({report.started for report in heard}) == 1
    quiet = [report for report in heard[1:] if not report.full]
    assert quiet and not any(report.series for report in quiet), 'nothing had changed'
    before = len(heard)
    bench.until(lambda: len(reports(bench)) > before, 'a change')
    assert ('loop_overruns_total', (NAME,)) in reports(bench)[-1].series


def test_a_complaint_comes_once_about_each_topic(
        bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    box = bench.start(NAME, Box)
    for number in range(100):
        box.shell.complain(('odom', 'imu/data')[number % 2], f'{number} lost')
    logged = capfd.readouterr().err
    assert logged.count('odom: ') == 1
    assert logged.count('imu/data: ') == 1


def test_series_that_a_node_could_not_keep_are_reported(bench: Bench) -> None:
    bench.probe.listen(topics.METRICS)
    box = bench.start(NAME, Box)
    for number in range(2000):
        box.shell.metrics.add('topic_messages_lost_total', topic=str(number), node=NAME)
    key = ('node_series_dropped_total', (NAME,))
    bench.until(lambda: any(key in r.series and r.series[key].value > 0 for r in reports(bench)),
                'the count of what was dropped')
