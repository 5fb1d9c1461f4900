"""From reports over real DDS to what Prometheus reads over real HTTP."""

from collections import Counter
from collections.abc import Callable
import http.client
import json
from pathlib import Path
import shutil
import subprocess
import threading
from typing import Any
import urllib.parse

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as parse_text
import pytest

from flywheel_nodes import __version__
from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.events import EventName
from flywheel_nodes.core.metrics import Labels, Report, Sample
from flywheel_nodes.core.processes import processes_for
from flywheel_nodes.effects.run_dir import url_of
from flywheel_nodes.nodes.health_exporter import HealthExporter
from flywheel_nodes.nodes.messages import to_array
from test.harness import Bench

NAMES = [p.name for p in processes_for('sim')]
Answer = tuple[int, http.client.HTTPMessage, str]


class Rig:
    """A running exporter, and what asks it."""

    def __init__(self, bench: Bench, **params: Any) -> None:
        self.bench = bench
        bench.start('health_exporter', HealthExporter, port=0, **params)
        self.url = url_of(bench.folder, 'health_exporter')
        bench.probe.publisher(topics.METRICS)
        bench.until(lambda: self.sample('flywheel_node_up', node='health_exporter') == 1.0,
                    'the exporter hears itself')
        bench.until(lambda: bench.probe.publisher(topics.METRICS).get_subscription_count(),
                    'the exporter hears the probe')

    def get(self, path: str = '/metrics', **headers: str) -> Answer:
        parts = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=20.0)
        connection.request('GET', path, headers=headers)
        response = connection.getresponse()
        body = response.read().decode()
        connection.close()
        return response.status, response.headers, body

    def samples(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        return {(s.name, frozenset(s.labels.items())): s.value
                for family in parse_text(self.get()[2]) for s in family.samples}

    def sample(self, name: str, **labels: str) -> float | None:
        return self.samples().get((name, frozenset(labels.items())))

    def report(self, node: str, series: dict[tuple[str, Labels], Sample] | None = None, *,
               full: bool = True, started: float = 5.0) -> None:
        report = Report(node, started, full, series or {})
        self.bench.probe.publish(topics.METRICS, to_array(wire.report_to_statuses(report), 1))

    def until(self, value: float | None, name: str, **labels: str) -> None:
        self.bench.until(lambda: self.sample(name, **labels) == value, f'{name} is {value}')


@pytest.fixture
def rig(bench: Bench) -> Rig:
    """Give a running exporter."""
    return Rig(bench)


def test_it_tells_of_itself_and_of_the_robot(rig: Rig) -> None:
    assert rig.sample('flywheel_build_info', version=__version__) == 1.0
    assert rig.sample('flywheel_robot_info', model='flywheel-sim',
                      embodiment='mobile_manipulator') == 1.0
    assert rig.sample('flywheel_topic_expected_rate_hertz', topic='joint_states') == 100.0
    assert rig.sample('flywheel_exporter_series_dropped_total') == 0.0
    assert rig.sample('flywheel_node_up', node='control_arbiter') == 0.0


def test_counters_follow_their_process_through_a_restart(rig: Rig) -> None:
    name, key = 'flywheel_policy_starvations_total', ('policy_starvations_total', ('base',))
    rig.report('control_arbiter', {key: Sample(41.0)})
    rig.until(41.0, name, group='base')
    rig.report('control_arbiter', {key: Sample(42.0)}, full=False)
    rig.until(42.0, name, group='base')
    rig.report('control_arbiter', {key: Sample(1.0)}, started=6.0)
    rig.until(1.0, name, group='base')
    assert rig.sample('flywheel_node_start_time_seconds', node='control_arbiter') == 6.0


def test_histograms_arrive_cumulated(rig: Rig) -> None:
    counts = (1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 4)
    rig.report('control_arbiter', {('loop_late_seconds', ('control_arbiter',)):
                                   Sample(9.5, counts)})
    rig.until(7.0, 'flywheel_loop_late_seconds_count', node='control_arbiter')
    assert rig.sample('flywheel_loop_late_seconds_bucket', node='control_arbiter',
                      le='0.002') == 3.0
    assert rig.sample('flywheel_loop_late_seconds_sum', node='control_arbiter') == 9.5


def test_what_is_left_out_is_not_waited_for(bench: Bench) -> None:
    rig = Rig(bench, without='"policy teleop_relay"')
    down = json.loads(rig.get('/readyz')[2])['down']
    assert set(down) == set(NAMES) - {'health_exporter', 'policy', 'teleop_relay'}


def test_ready_is_when_every_expected_node_is_heard(rig: Rig) -> None:
    rig.bench.probe.listen(topics.EVENTS)
    status, headers, body = rig.get('/readyz')
    assert (status, headers['Content-Type']) == (503, 'application/json')
    down = json.loads(body)
    assert down['ready'] is False
    assert down['down'] == {n: 'never heard' for n in NAMES if n != 'health_exporter'}

    def beat(names: list[str]) -> Callable[[], None]:
        return lambda: [rig.report(name) for name in names] and None
    others = [name for name in NAMES if name != 'health_exporter']
    rig.bench.until(lambda: rig.get('/readyz')[0] == 200, 'ready', each=beat(others))
    assert json.loads(rig.get('/readyz')[2]) == {'ready': True, 'down': {}}
    rig.bench.until(lambda: rig.get('/readyz')[0] == 503, 'a node is down',
                    each=beat([n for n in others if n != 'teleop_relay']))
    down = json.loads(rig.get('/readyz')[2])['down']
    assert list(down) == ['teleop_relay'] and down['teleop_relay'].startswith('silent for ')
    rig.until(0.0, 'flywheel_node_up', node='teleop_relay')

    def told() -> list[EventName]:
        return [wire.event_from_status(m.status[0]).name
                for m in rig.bench.probe.heard[topics.EVENTS.name]]
    rig.bench.until(lambda: told().count(EventName.NODE_SILENT) == 1, 'the silence to be told')
    rig.bench.until(lambda: told()[-1:] == [EventName.NODE_BACK], 'its end', each=beat(others))


@pytest.fixture
def impatient(bench: Bench) -> Rig:
    """Give an exporter for which a second of silence is too much."""
    return Rig(bench, heartbeat_timeout=1.0)


def test_alive_is_while_the_loop_turns(impatient: Rig) -> None:
    assert impatient.get('/livez')[::2] == (200, 'alive\n')
    found = threading.Event()

    def ask() -> None:
        while impatient.get('/livez')[0] != 503:
            continue
        found.set()
    threading.Thread(target=ask, daemon=True).start()
    assert found.wait(20.0), 'nobody stepped the loop, and it was never said'
    impatient.bench.step()
    assert impatient.get('/livez')[0] == 200


def test_anything_else_is_not_found(rig: Rig) -> None:
    assert rig.get('/')[0] == rig.get('/metrics/')[0] == rig.get('/favicon.ico')[0] == 404


def test_openmetrics_and_names(rig: Rig) -> None:
    accept = {'Accept': 'application/openmetrics-text; version=1.0.0'}
    status, headers, body = rig.get('/metrics', **accept)
    assert status == 200 and headers['Content-Type'].startswith('application/openmetrics-text')
    assert body.endswith('# EOF\n')
    families = {f.name: f for f in parse_openmetrics(body)}
    assert families['flywheel_exporter_series_dropped'].type == 'counter'
    _, _, body = rig.get('/metrics?name[]=flywheel_node_up&name[]=flywheel_build_info')
    assert {f.name for f in parse_text(body)} == {'flywheel_node_up', 'flywheel_build_info'}


def test_hostile_reports_are_counted_and_harm_nothing(rig: Rig) -> None:
    rig.report('control_arbiter', {
        ('policy_starvations_total', ('x' * 5000,)): Sample(1.0),
        ('policy_starvations_total', ('base',)): Sample(float('nan')),
        ('policy_monitor_score', ('gap',)): Sample(1.0),
        ('policy_starvations_total', ('"\n\\',)): Sample(3.0)})
    rig.until(3.0, 'flywheel_exporter_series_dropped_total')
    assert rig.sample('flywheel_policy_starvations_total', group='"\n\\') == 3.0
    rubbish = DiagnosticArray(status=[DiagnosticStatus(name='process')])
    for message in (DiagnosticArray(), rubbish):
        rig.bench.probe.publish(topics.METRICS, message)
    rig.until(2.0, 'flywheel_topic_messages_rejected_total', topic='flywheel/metrics',
              node='health_exporter')


def test_series_are_bounded(bench: Bench) -> None:
    rig = Rig(bench, max_series=1000, max_series_per_metric=600)
    flood = ('policy_starvations_total', 'interventions_total')
    rig.report('control_arbiter')
    for name in flood:
        rig.report('control_arbiter', {(name, (str(i),)): Sample(1.0) for i in range(900)},
                   full=False)
    bench.until(lambda: (rig.sample('flywheel_exporter_series_dropped_total') or 0) > 700, 'drops')
    held = Counter(name.removeprefix('flywheel_') for name, _ in rig.samples())
    assert held[flood[0]] == 600 and 0 < held[flood[1]] < 400
    assert rig.sample('flywheel_node_up', node='control_arbiter') == 1.0


@pytest.mark.skipif(shutil.which('promtool') is None,
                    reason='promtool is not installed (Debian package prometheus)')
def test_promtool_has_nothing_to_say(rig: Rig, tmp_path: Path) -> None:
    rig.report('control_arbiter', {('policy_starvations_total', ('base',)): Sample(1.0)})
    rig.until(1.0, 'flywheel_policy_starvations_total', group='base')
    told = subprocess.run(['promtool', 'check', 'metrics'], input=rig.get()[2], text=True,
                          capture_output=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
