"""What we ship for vmagent and Prometheus is taken by the programs themselves."""

from pathlib import Path
import re
import shutil
import subprocess

import pytest
import yaml

from flywheel_nodes.cli import main
from flywheel_nodes.core import agent_unit
from flywheel_nodes.core.agent_unit import Agent
from flywheel_nodes.effects.config_files import read_text, share_dir

CONFIG = share_dir() / 'config'
DEBIANS = Path('/lib/systemd/system/prometheus.service')


def checked(*command: str) -> str:
    if not shutil.which(command[0]):
        pytest.skip(f'{command[0]} is not installed')
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize('name', ['prometheus.yml', 'robot.yml'])
def test_promtool_takes_the_configuration_and_its_rules(name: str) -> None:
    said = checked('promtool', 'check', 'config', str(CONFIG / 'prometheus' / name))
    assert 'SUCCESS' in said
    assert 'rules found' in said, 'rule_files finds no rules'


def test_promtool_takes_the_scrape_file() -> None:
    checked('promtool', 'check', 'config', str(CONFIG / 'vmagent' / 'scrape.yml'))


def test_vmagent_takes_the_scrape_file() -> None:
    checked('vmagent', f'-promscrape.config={CONFIG / "vmagent" / "scrape.yml"}',
            '-promscrape.config.dryRun', '-promscrape.config.strictParse',
            '-remoteWrite.url=http://127.0.0.1:1')


def test_every_setting_in_the_environment_is_a_flag_of_vmagent() -> None:
    known = checked('vmagent', '-help')
    for line in (CONFIG / 'vmagent' / 'vmagent.env').read_text().splitlines():
        name = line.lstrip('#').partition('=')[0]
        if name.startswith(agent_unit.PREFIX):
            flag = name.removeprefix(agent_unit.PREFIX).replace('_', '.')
            assert f'\n  -{flag} ' in known, flag


def test_a_queue_never_holds_what_the_receiver_finds_too_old() -> None:
    """Prometheus 2.42 answers 500 to that, and the agent would try again for ever."""
    config = yaml.safe_load((CONFIG / 'prometheus' / 'prometheus.yml').read_text())
    window = config['storage']['tsdb']['out_of_order_time_window']
    assert window.endswith('d')
    fewest_series, bytes_a_sample, samples_a_day = 150, 13, 86400 // 5
    fits_days = Agent('r', 's', 'http://x/write').disk / (
        fewest_series * bytes_a_sample * samples_a_day)
    assert fits_days < int(window[:-1])


def test_systemd_takes_the_agents_unit_and_finds_it_harmless() -> None:
    judged(CONFIG / 'systemd' / agent_unit.UNIT)


@pytest.mark.skipif(not DEBIANS.is_file(), reason="Debian's prometheus is not installed")
def test_systemd_takes_the_receivers_drop_in(tmp_path: Path) -> None:
    unit = tmp_path / DEBIANS.name
    shutil.copy(DEBIANS, unit)
    shutil.copytree(CONFIG / 'systemd' / f'{DEBIANS.name}.d', tmp_path / f'{DEBIANS.name}.d')
    judged(unit)


def judged(unit: Path) -> None:
    said = checked('systemd-analyze', 'verify', '--man=no', str(unit))
    # A program of another package may be absent; nothing else may be said.
    assert [line for line in said.splitlines() if 'is not executable' not in line] == []
    done = subprocess.run(['systemd-analyze', 'security', '--offline=yes', '--threshold=20',
                           '--no-pager', str(unit)], capture_output=True, text=True, check=False)
    if 'unrecognized option' in done.stderr:
        pytest.skip('this systemd-analyze cannot judge a file')
    assert done.returncode == 0, done.stdout[-300:]


def test_the_commands_in_the_documents_exist(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ('offline-robots', 'fleet-demo'):
        page = read_text(share_dir() / 'docs' / f'{name}.md').replace('\\\n', ' ')
        used = re.findall(r'^flywheel ([a-z-]+)(.*)$', page, re.MULTILINE)
        assert used
        for command, options in used:
            with pytest.raises(SystemExit):
                main([command, '--help'])
            assert set(re.findall(r'--[a-z-]+', options)) <= set(
                re.findall(r'--[a-z-]+', capsys.readouterr().out))
