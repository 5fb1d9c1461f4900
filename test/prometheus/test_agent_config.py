"""What we ship for vmagent and Prometheus is taken by the programs themselves."""

from pathlib import Path
import shutil
import subprocess

import pytest
import yaml

from flywheel_nodes.core import agent_unit
from flywheel_nodes.effects.config_files import share_dir

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


def test_late_samples_are_taken_for_as_long_as_the_documents_say() -> None:
    config = yaml.safe_load((CONFIG / 'prometheus' / 'prometheus.yml').read_text())
    assert config['storage'] == {'tsdb': {'out_of_order_time_window': '24h'}}


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
