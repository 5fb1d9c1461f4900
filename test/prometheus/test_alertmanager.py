"""Who is told what: the example of Alertmanager's configuration, tried with the real programs."""

from collections.abc import Iterator
from datetime import datetime, timezone
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

from test.prometheus.test_rules import ALERTS, ROOT, title

EXAMPLE = ROOT / 'config' / 'alertmanager' / 'alertmanager.yml'
RECEIVER = {'page': 'page', 'ticket': 'ticket', 'info': 'chat'}
SERVER = 'prometheus-alertmanager'
Labels = dict[str, str]


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
        assert receivers.split() == [RECEIVER[severity]], name


def test_an_alert_of_unknown_severity_is_not_lost() -> None:
    assert amtool('config', 'routes', 'test', f'--config.file={EXAMPLE}',
                  'alertname=Other').split() == ['ticket']


class Alertmanager:
    """A real one on loopback; what it would send goes nowhere."""

    def __init__(self, folder: Path) -> None:
        self._log = (folder / 'log').open('w+')
        self.process = subprocess.Popen(
            [SERVER, f'--config.file={EXAMPLE}', f'--storage.path={folder / "data"}',
             '--web.listen-address=127.0.0.1:0', '--cluster.listen-address='],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)
        try:
            self.url = self._wait(self._listening)
        except AssertionError:
            self.close()
            raise

    def _listening(self) -> str:
        said = Path(self._log.name).read_text()
        found = re.search(r'msg="Listening on" address=(\S+)', said)
        return f'http://{found[1]}/api/v2' if found else ''

    def _wait(self, condition: Any) -> Any:
        tick, end = threading.Event(), time.monotonic() + 30
        while not (result := condition()):
            assert self.process.poll() is None, Path(self._log.name).read_text()
            assert time.monotonic() < end, Path(self._log.name).read_text()
            tick.wait(0.1)
        return result

    def tell(self, *alerts: Labels) -> None:
        now = datetime.now(timezone.utc).isoformat()
        body = json.dumps([{'labels': one, 'annotations': {}, 'startsAt': now} for one in alerts])
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
            found = {'-'.join(one['labels'][name] for name in ('alertname', 'severity', 'robot'))
                     for one in alerts if one['status']['inhibitedBy']}
            return len(alerts) == count and found >= expected
        self._wait(settled)
        return found

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
        [alert('DiskNearlyFull', 'ticket'), alert('RecorderLoss', 'ticket')],
        {'FlywheelRecorderLoss-ticket-r7'}),
    'two that have nothing to do with each other': (
        [alert('JointHot', joint='knee'), alert('BatteryLow'), alert('ClockOffset', 'ticket')],
        set())}


@pytest.mark.parametrize('case', CASES)
def test_consequences_are_not_told_beside_their_cause(
        alertmanager: Alertmanager, case: str) -> None:
    alerts, muted = CASES[case]
    known = {title(rule) for rule in ALERTS}
    assert {f'{one["alertname"]}-{one["severity"]}' for one in alerts} <= known
    alertmanager.tell(*alerts)
    assert alertmanager.muted(len(alerts), muted) == muted
