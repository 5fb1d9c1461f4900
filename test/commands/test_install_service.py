"""The service: what a dry run shows is what is written, and systemd takes it."""

from collections.abc import Sequence
from pathlib import Path
import shutil
import subprocess

import pytest

from flywheel_nodes.cli import main
from flywheel_nodes.effects import service_files
from flywheel_nodes.effects.service_files import do, install_steps, Remove, Run, Write

UNIT = 'etc/systemd/system/flywheel-sim.service'


def install(*args: str) -> int:
    return main(['install-service', '--robot', 'sim', '--setup', '', *args])


def test_a_dry_run_shows_what_is_written_and_writes_nothing(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert install('--root', str(tmp_path), '--dry-run') == 0
    shown = capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
    assert install('--root', str(tmp_path)) == 0
    written = [path for path in tmp_path.rglob('*') if path.is_file()]
    assert {str(path.relative_to(tmp_path)) for path in written} == {
        UNIT, 'etc/flywheel/sim.env', 'etc/systemd/journald@flywheel.conf'}
    for path in written:
        assert f'# /{path.relative_to(tmp_path)}' in shown
        assert path.read_text(encoding='utf-8').strip() in shown
    for command in ('systemctl daemon-reload', 'systemctl enable flywheel-sim.service',
                    'systemctl restart flywheel-sim.service',
                    'install -d -o flywheel -m 0750 /var/lib/flywheel'):
        assert f'$ {command}\n' in shown


def test_what_an_administrator_has_set_is_kept(tmp_path: Path) -> None:
    assert install('--root', str(tmp_path), '--domain', '7') == 0
    env, unit = tmp_path / 'etc/flywheel/sim.env', tmp_path / UNIT
    env.write_text('ROS_DOMAIN_ID=9\n', encoding='utf-8')
    unit.write_text('stale', encoding='utf-8')
    assert install('--root', str(tmp_path)) == 0
    assert env.read_text(encoding='utf-8') == 'ROS_DOMAIN_ID=9\n'
    assert '[Service]' in unit.read_text(encoding='utf-8')


@pytest.mark.parametrize('args', [[], ['--cpus', '0-1', '--memory', '900'], [
    '--param', 'control_arbiter.nice:=-10', '--data-dir', '/srv/my robot 100%/$HOME']])
@pytest.mark.skipif(not shutil.which('systemd-analyze'), reason='systemd-analyze is not installed')
def test_systemd_takes_the_unit(tmp_path: Path, args: Sequence[str]) -> None:
    assert install('--root', str(tmp_path), *args) == 0
    done = subprocess.run(['systemd-analyze', 'verify', '--man=no', str(tmp_path / UNIT)],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, '')
    hardened = subprocess.run(['systemd-analyze', 'security', '--offline=yes', '--threshold=30',
                               '--no-pager', str(tmp_path / UNIT)],
                              capture_output=True, text=True, check=False)
    if 'unrecognized option' in hardened.stderr:
        pytest.skip('this systemd-analyze cannot judge a file')
    assert hardened.returncode == 0, hardened.stdout[-300:]


def test_uninstalling_leaves_other_robots_and_the_data(tmp_path: Path) -> None:
    other = tmp_path / 'other.yaml'
    other.write_text('{robot: other, adapter: sim, model: m, embodiment: arm}', encoding='utf-8')
    root = ['--root', str(tmp_path / 'root')]
    assert install(*root) == 0
    assert install(*root, '--robot', str(other)) == 0

    def there() -> set[str]:
        return {path.name for path in (tmp_path / 'root').rglob('*') if path.is_file()}
    assert main(['uninstall-service', '--robot', 'sim', *root, '--dry-run']) == 0
    assert len(there()) == 5
    assert main(['uninstall-service', '--robot', 'sim', *root]) == 0
    assert there() == {'flywheel-other.service', 'other.env', 'journald@flywheel.conf'}
    assert main(['uninstall-service', '--robot', 'other', *root]) == 0
    assert there() == set()


AGENT = ('--metrics-to', 'https://m.example/api/v1/write', '--site', 'hall-3',
         '--metrics-name', 'x7')


def test_the_agent_is_installed_on_demand_and_leaves_with_the_last_robot(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other, root = tmp_path / 'other.yaml', tmp_path / 'root'
    other.write_text('{robot: other, adapter: sim, model: m, embodiment: arm}', encoding='utf-8')
    assert install('--root', str(root), *AGENT, '--param', 'health_exporter.port:=9999') == 0
    assert install('--root', str(root), '--robot', str(other)) == 0

    def there() -> set[str]:
        return {path.name for path in root.rglob('*vmagent*')}
    assert there() == {'flywheel-vmagent.service', 'vmagent.env', 'vmagent-scrape.yml'}
    assert 'robot=x7,site=hall-3' in (root / 'etc/flywheel/vmagent.env').read_text()
    assert '127.0.0.1:9999' in (root / 'etc/flywheel/vmagent-scrape.yml').read_text()
    assert main(['uninstall-service', '--robot', 'sim', '--root', str(root)]) == 0
    assert len(there()) == 3
    assert main(['uninstall-service', '--robot', 'other', '--root', str(root)]) == 0
    assert [path for path in root.rglob('*') if path.is_file()] == []
    assert '$ systemctl' not in capsys.readouterr().out


@pytest.mark.parametrize('more', [[], ['--dry-run']])
def test_another_receiver_than_the_kept_one_is_refused_before_anything_is_written(
        tmp_path: Path, more: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    root, token = tmp_path / 'root', tmp_path / 'token'
    token.write_text('secret', encoding='utf-8')
    assert install('--root', str(root), *AGENT) == 0
    kept = {path: path.read_text() for path in root.rglob('*') if path.is_file()}
    capsys.readouterr()
    new = [*AGENT, '--metrics-to', 'https://new.example/write', '--metrics-token', str(token)]
    assert install('--root', str(root), *new, *more) == 2
    told = capsys.readouterr()
    assert told.err == (
        f'flywheel install-service: {root}/etc/flywheel/vmagent.env is kept and names another URL '
        'than --metrics-to: edit or remove it, then run this again\n')
    assert told.out == '' and kept == {path: path.read_text() for path in kept}
    assert install('--root', str(root), *AGENT, '--metrics-token', str(token)) == 0


@pytest.mark.parametrize(('args', 'says'), [
    ([*AGENT, '--param', 'health_exporter.port:=0'], '--metrics-to: health_exporter.port is 0'),
    ([*AGENT, '--metrics-token', '/absent'], '--metrics-token: /absent: No such file'),
    ([*AGENT, '--metrics-token', '/tmp'], '--metrics-token: /tmp: not a regular file'),
    ([*AGENT, '--metrics-token', str(Path(__file__).with_name('__init__.py'))],
     'is empty: write the token into it'),
    ([*AGENT, '--metrics-ca', __file__], 'is no CA certificate'),
    ([*AGENT, '--metrics-ca', '/absent'], 'CA: /absent'),
    (['--metrics-to', 'm.example'], "site '' cannot be"),
    *(([option, 'x'], f'{option} says how metrics are sent: give --metrics-to, too')
      for option in ('--site', '--metrics-name', '--metrics-token', '--metrics-ca')),
    (['--param', 'policy.rat:=1'], "policy: unknown parameter 'rat'"),
    (['--params-file', '/absent.yaml'], '/absent.yaml: No such file'),
    (['--cpus', 'all'], "--cpus: 'all' is no CPU"), (['--domain', '300'], '--domain 300'),
    (['--user', 'a b'], "user: 'a b' cannot name"), (['--robot', 'hal'], "unknown robot 'hal'"),
    (['--root', '/proc'], 'run this as root')])
def test_bad_input_gets_one_line_and_nothing_is_written(
        tmp_path: Path, args: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert install('--root', str(tmp_path), *args) == 2
    told = capsys.readouterr().err
    assert says in told
    assert len(told.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_service_that_is_not_there_cannot_be_taken_away(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['uninstall-service', '--robot', 'sim', '--root', str(tmp_path)]) == 2
    assert 'no service flywheel-sim.service' in capsys.readouterr().err


def test_a_command_that_fails_ends_it_unless_that_is_no_matter() -> None:
    said: list[str] = []
    do([Run(('false',), may_fail=True), Run(('true',))], Path('/'), said.append)
    assert said == ['$ false', '$ true']
    with pytest.raises(service_files.ConfigError, match='false failed with code 1'):
        do([Run(('false',)), Remove(Path('/never/reached'))], Path('/'), said.append)
    with pytest.raises(service_files.ConfigError, match='No such file'):
        do([Run(('no-such-command-here',))], Path('/'), said.append)


def test_a_known_user_is_not_made_again() -> None:
    service = service_files.Service('x', 'root', '/data', ('/bin/true',))
    assert service_files.is_user('root') and not service_files.is_user('nobody-of-that-name')
    new, old = install_steps(service, False), install_steps(service, True)
    assert new[1:] == old
    assert isinstance(new[0], Run) and new[0].argv[0] == 'useradd'
    assert sum(isinstance(step, Write) for step in old) == 3
