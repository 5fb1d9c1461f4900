"""`flywheel status` over a real exporter, which other nodes report to over real DDS."""

from collections.abc import Iterator
import json
import os
from pathlib import Path
import signal
import subprocess
import sys

import pytest

from flywheel_nodes.cli import main
from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.metrics import Labels, Report, Sample
from flywheel_nodes.effects.run_dir import Instance, url_of
from flywheel_nodes.nodes.health_exporter import HealthExporter
from flywheel_nodes.nodes.messages import to_array
from test.effects.teleop.pki import Pki
from test.harness import Bench
from test.person import Person

WITHOUT = 'policy policy_monitor robot_adapter sim_robot snippet_recorder'


class Rig:
    """An exporter that waits for an arbiter and a relay; seconds: how often they reported."""

    def __init__(self, bench: Bench, **params: object) -> None:
        self.bench = bench
        bench.start('health_exporter', HealthExporter, port=0, without=f'"{WITHOUT}"', **params)
        bench.probe.publisher(topics.METRICS)
        bench.until(lambda: bench.probe.publisher(topics.METRICS).get_subscription_count(),
                    'the exporter hears the probe')
        self.url = url_of(bench.folder, 'health_exporter')
        self.silent: set[str] = set()
        self.mode = 'policy'

    def report(self) -> None:
        """Let the nodes say how they are."""
        modes: dict[tuple[str, Labels], Sample] = {
            ('mode', (mode,)): Sample(float(mode == self.mode)) for mode in ('policy', 'stopped')}
        told = {'control_arbiter': {**modes, ('estop_pressed', ()): Sample(0.0)},
                'teleop_relay': {('relay_connections', ()): Sample(3.0)}}
        for node, series in told.items():
            if node not in self.silent:
                report = Report(node, 5.0, True, series)
                self.bench.probe.publish(topics.METRICS,
                                         to_array(wire.report_to_statuses(report), 1))

    def run(self, *args: str, env: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Return what the command said while the nodes went on."""
        running = subprocess.Popen(
            [sys.executable, '-m', 'flywheel_nodes.cli', 'status', *args], text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, **(env or {})})
        self.bench.until(lambda: running.poll() is not None, 'the end', each=self.report)
        out, err = running.communicate()
        return running.returncode, out, err


@pytest.fixture
def rig(bench: Bench) -> Rig:
    return Rig(bench)


@pytest.fixture
def person(rig: Rig) -> Iterator[Person]:
    """Give somebody who looks at a small terminal."""
    made = Person(['status', '--url', rig.url, '--interval', '0.5'], {}, 80, 24)
    yield made
    made.close()


def test_once_in_plain_text(rig: Rig) -> None:
    code, out, err = rig.run('--data-dir', str(rig.bench.folder))
    assert (code, err) == (0, '')
    assert '\x1b' not in out
    assert 'flywheel-sim  ready' in out and 'POLICY for ' in out and 'e-stop released' in out
    assert 'control_arbiter  yes' in out
    assert 'teleop    connected 3' in out


def test_once_for_programs_when_not_ready(rig: Rig) -> None:
    rig.silent = {'teleop_relay'}
    code, out, _ = rig.run('--url', rig.url, '--json')
    told = json.loads(out)
    assert code == 1 and told['ready'] is False
    assert {'level': 'bad', 'sentence': 'teleop_relay is down: never heard'} in told['problems']
    assert told['control']['mode'] == 'policy'
    assert [one['name'] for one in told['nodes'] if not one['up']] == ['teleop_relay']


def test_a_node_that_is_down_is_told_with_its_process_when_it_is_here(rig: Rig) -> None:
    node = Instance(rig.bench.folder, 'teleop_relay')
    rig.silent = {'teleop_relay'}
    code, out, _ = rig.run('--data-dir', str(rig.bench.folder), '--once')
    assert code == 1 and f'teleop_relay     NO (silent, pid {os.getpid()})' in out
    code, out, _ = rig.run('--url', rig.url, '--once')
    assert code == 1 and 'pid' not in out, 'it may be elsewhere'
    node.close()


def test_live_until_q(rig: Rig, person: Person) -> None:
    def shows(text: str) -> None:
        person.until(lambda: text in person.text, text, each=work)

    def work() -> None:
        rig.report()
        rig.bench.step()
    shows('POLICY')
    shows('flywheel-sim  ready')
    assert len(person.text.splitlines()) == 24 and 'q quit' in person.text
    rig.mode, rig.silent = 'stopped', {'teleop_relay'}
    shows('STOPPED')
    shows('! teleop_relay is down: silent for')
    assert 'NOT READY' in person.text
    person.type('\x1b[B')
    shows('lines 2 to ')
    person.resize(60, 12)
    shows('q quit')
    rig.bench.running[0][1].close()
    person.sees('does not answer')
    person.type('q')
    assert person.leaves() == 1


@pytest.mark.parametrize('end', ['\x03', signal.SIGTERM])
def test_however_it_ends_the_terminal_is_as_it_was(rig: Rig, person: Person,
                                                   end: str | signal.Signals) -> None:
    def work() -> None:
        rig.report()
        rig.bench.step()
    person.until(lambda: 'POLICY' in person.text, 'the robot', each=work)
    if isinstance(end, str):
        person.type(end)
    else:
        person.process.send_signal(end)
    assert person.leaves() == 0


def test_with_tls_and_a_password_that_is_not_in_argv(bench: Bench, tmp_path: Path,
                                                     capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['keys', 'scraper', 'ada', '--keys', str(tmp_path / 'keys')]) == 0
    password = capsys.readouterr().out.strip()
    pki = Pki(tmp_path / 'pki').ours
    rig = Rig(bench, credentials=str(tmp_path / 'keys' / 'scrapers'),
              tls_certificate=str(pki / 'sim.pem'), tls_key=str(pki / 'sim.key.pem'))
    asked = ('--url', rig.url, '--ca', str(pki / 'ca.pem'), '--json', '--user', 'ada')
    code, out, err = rig.run(*asked, env={'FLYWHEEL_PASSWORD': password})
    assert (code, err) == (0, '') and json.loads(out)['ready']
    file = tmp_path / 'password'
    file.write_text(password + '\n')
    file.chmod(0o600)
    assert rig.run(*asked, '--password-file', str(file))[0] == 0
    code, _, err = rig.run(*asked)
    assert code == 2 and 'asks for credentials: give --user and its password' in err
    counted = bench.running[0][0].metrics.cell('exporter_requests_total', path='/metrics',
                                               code='401')
    bench.until(lambda: counted.value == 1.0, 'it is counted')


@pytest.mark.parametrize(('args', 'says'), [
    (['--data-dir', '/nowhere'], 'no exporter runs on /nowhere: start the robot with'),
    (['--robot', 'nosuch'], "unknown robot 'nosuch': known are "),
    (['--robot', 'nosuch', '--data-dir', '/nowhere'], 'no exporter runs on /nowhere: start'),
    (['--url', ''], '--url : http://HOST:PORT or https://HOST:PORT is needed'),
    (['--url', 'x'], '--url x: http://HOST:PORT or https://HOST:PORT is needed'),
    (['--url', 'http://127.0.0.1:1'], 'http://127.0.0.1:1 does not answer (Connection refused)'),
    (['--url', 'http://127.0.0.1:1', '--password-file', '/none'], '/none: No such file')])
def test_one_line_says_what_is_wrong(args: list[str], says: str,
                                     capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['status', '--once', *args]) == 2
    err = capsys.readouterr().err
    assert says in err and err.count('\n') == 1


@pytest.mark.parametrize('interval', ['0', '61', 'nan', 'x'])
def test_sane_intervals(interval: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match='2'):
        main(['status', '--interval', interval])
    assert 'give seconds, 0.5 to 60' in capsys.readouterr().err
