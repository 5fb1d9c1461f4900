"""Who is told what: the example of Alertmanager's configuration, tried with the real programs."""

from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
import json
from pathlib import Path
import re
import shutil
import subprocess
import threading
import time
from typing import Any
from urllib.request import Request, urlopen

import pytest
import yaml

from test.prometheus.rules import ALERTS, ROOT, RULES, title

EXAMPLE = ROOT / 'config' / 'alertmanager' / 'alertmanager.yml'
RECEIVER = {'page': 'page', 'ticket': 'ticket', 'info': 'chat'}
SERVER = 'prometheus-alertmanager'
Labels = dict[str, str]
Told = dict[str, str]  # of a notification: is each alert firing or resolved?
RESEND_S = 60  # Prometheus' --rules.alert.resend-delay, unless somebody changes it
SECONDS = {'s': 1, 'm': 60, 'h': 3600}


def amtool(*args: str | Path) -> str:
    if not shutil.which('amtool'):
        pytest.skip('amtool is not installed (Debian package prometheus-alertmanager)')
    done = subprocess.run(['amtool', *args], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_example_is_valid() -> None:
    assert 'SUCCESS' in amtool('check-config', EXAMPLE)


def test_the_example_holds_no_secret() -> None:
    keys = re.findall(r'(\w*(?:key|token|password|secret|credentials|api_url)\w*):',
                      EXAMPLE.read_text())
    assert keys
    assert all(key.endswith('_file') for key in keys)


@pytest.mark.parametrize('severity', sorted({rule['labels']['severity'] for rule in ALERTS}))
def test_a_severity_has_a_receiver_of_its_own(severity: str) -> None:
    for name in sorted({rule['alert'] for rule in ALERTS
                        if rule['labels']['severity'] == severity}):
        receivers = amtool('config', 'routes', 'test', f'--config.file={EXAMPLE}',
                           f'alertname={name}', f'severity={severity}', 'robot=r7', 'site=hall')
        wanted = 'watchdog' if name == 'FlywheelWatchdog' else RECEIVER[severity]
        assert receivers.split() == [wanted], name


def test_an_alert_of_unknown_severity_is_not_lost() -> None:
    assert amtool('config', 'routes', 'test', f'--config.file={EXAMPLE}',
                  'alertname=Other').split() == ['ticket']


class Alertmanager:
    """A real one on loopback; of the example, what it would send goes nowhere."""

    def __init__(self, folder: Path, config: Path = EXAMPLE) -> None:
        self._log = (folder / 'log').open('w+')
        self.process = subprocess.Popen(
            [SERVER, f'--config.file={config}', f'--storage.path={folder / "data"}',
             '--web.listen-address=127.0.0.1:0', '--cluster.listen-address='],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)
        try:
            self.url = self.wait(self._listening)
        except AssertionError:
            self.close()
            raise

    def _listening(self) -> str:
        said = Path(self._log.name).read_text()
        found = re.search(r'msg="Listening on" address=(\S+)', said)
        return f'http://{found[1]}/api/v2' if found else ''

    def wait(self, condition: Callable[[], Any]) -> Any:
        tick, end = threading.Event(), time.monotonic() + 30
        while not (result := condition()):
            assert self.process.poll() is None, Path(self._log.name).read_text()
            assert time.monotonic() < end, Path(self._log.name).read_text()
            tick.wait(0.1)
        return result

    def tell(self, *alerts: Labels, **times: str) -> None:
        times = {'startsAt': datetime.now(timezone.utc).isoformat(), **times}
        body = json.dumps([{'labels': one, 'annotations': {}, **times} for one in alerts])
        with urlopen(Request(f'{self.url}/alerts', body.encode(),
                             {'Content-Type': 'application/json'}), timeout=20):
            pass

    def muted(self, count: int, expected: set[str]) -> set[str]:
        """Return which alerts are inhibited, when all are judged and, at last, as expected."""
        found: set[str] = set()

        def settled() -> bool:
            nonlocal found
            with urlopen(f'{self.url}/alerts', timeout=20) as answer:
                alerts = json.load(answer)
            names = 'alertname', 'severity', 'robot'
            found = {'-'.join(one['labels'].get(name, '') for name in names)
                     for one in alerts if one['status']['inhibitedBy']}
            return len(alerts) == count and found >= expected
        self.wait(settled)
        return found

    def looks(self) -> float:
        """Return how often it has looked whether a group is news."""
        with urlopen(f'{self.url.removesuffix("/api/v2")}/metrics', timeout=20) as answer:
            found = re.search(rb'^alertmanager_nflog_queries_total (\S+)$', answer.read(), re.M)
        assert found
        return float(found[1])

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        self._log.close()


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[Alertmanager]:
    if not shutil.which(SERVER):
        pytest.skip(f'{SERVER} is not installed (Debian package prometheus-alertmanager)')
    made = Alertmanager(tmp_path)
    yield made
    made.close()


def alert(name: str, severity: str = 'page', robot: str = 'r7', **labels: str) -> Labels:
    return {'alertname': f'Flywheel{name}', 'severity': severity, 'robot': robot, 'site': 'hall',
            **labels}


CASES: dict[str, tuple[list[Labels], set[str]]] = {
    'of a silent robot nothing else is told': (
        [alert('RobotDown'), alert('BatteryLow', 'ticket'), alert('NodeDown', node='policy'),
         alert('ExporterDown'), alert('NodeDown', robot='r8', node='policy')],
        {'FlywheelBatteryLow-ticket-r7', 'FlywheelNodeDown-page-r7',
         'FlywheelExporterDown-page-r7'}),
    'what is not seen is not judged': (
        [alert('ExporterDown', 'ticket'), alert('StoppedTooLong', 'ticket')],
        {'FlywheelStoppedTooLong-ticket-r7'}),
    'the cause, not that nobody comes': (
        [alert('PolicyStalled'), alert('HelpWaiting'), alert('HelpWaiting', robot='r8')],
        {'FlywheelHelpWaiting-page-r7'}),
    'a node that ends again and again': (
        [alert('NodeCrashLooping', node='policy_monitor'),
         alert('NodeDown', node='policy_monitor'), alert('NodeDown', 'ticket', node='policy')],
        {'FlywheelNodeDown-page-r7'}),
    'the worse of two': (
        [alert('CertificateExpiring'), alert('CertificateExpiring', 'ticket'),
         alert('CertificateExpiring', 'ticket', robot='r8')],
        {'FlywheelCertificateExpiring-ticket-r7'}),
    'a disk that is full loses snippets': (
        [alert('DiskNearlyFull', 'ticket', disk='data'), alert('RecorderLoss', 'ticket')],
        {'FlywheelRecorderLoss-ticket-r7'}),
    'a disk that is full was nearly full': (
        [alert('RecordingBlocked'), alert('DiskNearlyFull', 'ticket', disk='data'),
         alert('RecorderLoss', 'ticket')],
        {'FlywheelDiskNearlyFull-ticket-r7', 'FlywheelRecorderLoss-ticket-r7'}),
    'the fleet, not each of its robots': (
        [{'alertname': 'FlywheelInterventionBurnFast', 'severity': 'page', 'scope': 'fleet'},
         *(alert('InterventionBurnFast', robot=name, scope='robot') for name in ('r7', 'r8')),
         alert('BatteryLow')],
        {'FlywheelInterventionBurnFast-page-r7', 'FlywheelInterventionBurnFast-page-r8'}),
    'two that have nothing to do with each other': (
        [alert('JointHot', joint='knee'), alert('BatteryLow'), alert('ClockOffset', 'ticket')],
        set())}


@pytest.mark.parametrize('case', CASES)
def test_consequences_are_not_told_beside_their_cause(
        alertmanager: Alertmanager, case: str) -> None:
    alerts, muted = CASES[case]
    known = {title(rule) for rule in ALERTS}
    asked = {'-'.join(filter(None, (one['alertname'], one['severity'], one.get('scope'))))
             for one in alerts}
    assert asked <= known
    alertmanager.tell(*alerts)
    assert alertmanager.muted(len(alerts), muted) == muted


def seconds(duration: str) -> int:
    return sum(int(many) * SECONDS[unit] for many, unit in re.findall(r'(\d+)([smh])', duration))


def test_what_ended_is_sent_again_before_its_group_is_looked_at_again() -> None:
    def intervals(route: dict[str, Any], inherited: str) -> Iterator[int]:
        mine = route.get('group_interval', inherited)
        yield seconds(mine)
        for one in route.get('routes', ()):
            yield from intervals(one, mine)
    rules = yaml.safe_load((RULES / 'flywheel-alerts.yml').read_text())['groups']
    slowest = RESEND_S + max(seconds(group['interval']) for group in rules)
    assert min(intervals(yaml.safe_load(EXAMPLE.read_text())['route'], '')) > slowest


class Pager(HTTPServer):
    """Whoever is woken, and by what."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        super().__init__(('127.0.0.1', 0), Bell)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class Bell(BaseHTTPRequestHandler):
    """Takes notifications."""

    server: Pager

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        self.server.told.append({one['labels']['alertname'].removeprefix('Flywheel'):
                                 one['status'] for one in body['alerts']})
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def pager() -> Iterator[Pager]:
    made = Pager()
    yield made
    made.close()


@pytest.fixture
def hasty(tmp_path: Path, pager: Pager) -> Iterator[Alertmanager]:
    """Give one that looks at its groups each second and tells the pager."""
    if not shutil.which(SERVER):
        pytest.skip(f'{SERVER} is not installed (Debian package prometheus-alertmanager)')
    config = yaml.safe_load(EXAMPLE.read_text())
    config['route'] |= {'group_wait': '1s', 'group_interval': '1s'}
    for receiver in config['receivers']:
        name = receiver['name']
        receiver.clear()
        receiver |= {'name': name, 'webhook_configs': [
            {'url': f'http://127.0.0.1:{pager.server_port}/'}]}
    (tmp_path / 'hasty.yml').write_text(yaml.safe_dump(config))
    made = Alertmanager(tmp_path, tmp_path / 'hasty.yml')
    yield made
    made.close()


def test_what_fires_is_told_anew_only_if_ended_ones_come_between_different_looks(
        hasty: Alertmanager, pager: Pager) -> None:
    one, other, hot = alert('NodeDown', node='policy_monitor'), alert('BatteryLow'), alert(
        'JointHot', joint='knee')

    def end(*alerts: Labels) -> None:
        hasty.tell(*alerts, startsAt=began, endsAt=datetime.now(timezone.utc).isoformat())

    def told(expected: Told) -> None:
        hasty.wait(lambda: pager.told[-1:] == [expected])
    began = datetime.now(timezone.utc).isoformat()
    hasty.tell(one, other, hot, startsAt=began)
    told({'NodeDown': 'firing', 'BatteryLow': 'firing', 'JointHot': 'firing'})
    end(one)
    told({'NodeDown': 'resolved', 'BatteryLow': 'firing', 'JointHot': 'firing'})
    end(other)
    told({'BatteryLow': 'resolved', 'JointHot': 'firing'})
    end(one)  # again, and so it is the only one that ended since the last look
    told({'NodeDown': 'resolved', 'JointHot': 'firing'})

    def both_told() -> bool:
        end(one, other)
        return pager.told[-1] == {'NodeDown': 'resolved', 'BatteryLow': 'resolved',
                                  'JointHot': 'firing'}
    hasty.wait(both_told)
    many, looks = len(pager.told), hasty.looks()

    def looked_often() -> bool:
        end(one, other)
        return hasty.looks() >= looks + 4
    hasty.wait(looked_often)
    assert pager.told[many:] == []
