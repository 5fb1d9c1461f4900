"""The files below config/grafana are what the tables say, and Grafana's own types accept them."""

from argparse import ArgumentParser, Namespace
import json
import os
from pathlib import Path
import shutil
import subprocess
import sys
from typing import Any

import pytest
import yaml

from flywheel_nodes.commands import dashboards as command
from flywheel_nodes.commands.checkout import stale
from flywheel_nodes.commands.dashboards import build
from flywheel_nodes.core.dashboards.catalogue import DASHBOARDS, FOLDER
from flywheel_nodes.core.errors import ConfigError

CHECKOUT = Path(__file__).resolve().parents[2]
GRAFANA = CHECKOUT / 'config' / 'grafana'
HERE = Path(__file__).parent
CACHE = CHECKOUT / 'build' / 'grafana-types'


@pytest.fixture
def sdk() -> None:
    pytest.importorskip('grafana_foundation_sdk', reason='grafana-foundation-sdk is not installed')


def parsed(*words: str) -> Namespace:
    parser = ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args(words)


@pytest.mark.usefixtures('sdk')
def test_they_are_up_to_date() -> None:
    assert stale(CHECKOUT, build.files(), FOLDER) == [], 'run `make dashboards`'


@pytest.mark.usefixtures('sdk')
def test_build_writes_checks_and_removes(tmp_path: Path,
                                         capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / 'package.xml').touch()
    args = ['build', '--into', str(tmp_path)]
    assert command.run(parsed(*args, '--check')) == 1
    assert 'flywheel-fleet.json is stale: run `make dashboards`' in capsys.readouterr().out
    assert command.run(parsed(*args)) == 0
    assert command.run(parsed(*args, '--check')) == 0
    left = tmp_path / 'config/grafana/dashboards/old.json'
    left.touch()
    assert command.run(parsed(*args, '--check')) == 1
    assert command.run(parsed(*args)) == 0
    assert not left.exists()


def test_what_is_no_checkout_gets_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='is no checkout of flywheel'):
        command.run(parsed('build', '--into', str(tmp_path)))


def test_a_missing_sdk_gets_one_line(tmp_path: Path) -> None:
    hidden = tmp_path / 'grafana_foundation_sdk'
    hidden.mkdir()
    (hidden / '__init__.py').write_text(
        "raise ModuleNotFoundError('hidden', name='grafana_foundation_sdk')")
    done = subprocess.run(
        ['flywheel', 'dashboards', 'build', '--check'], capture_output=True, text=True,
        check=False, env={**os.environ, 'PYTHONPATH': str(tmp_path),
                          'PATH': f'{Path(sys.executable).parent}:{os.environ["PATH"]}'})
    assert done.returncode == 2
    assert done.stderr.count('\n') == 1
    assert "pip install 'flywheel_nodes[dashboards]'" in done.stderr


def test_grafana_finds_dashboards_and_data() -> None:
    providers = yaml.safe_load((GRAFANA / 'provisioning/dashboards/flywheel.yaml').read_text())
    sources = yaml.safe_load((GRAFANA / 'provisioning/datasources/flywheel.yaml').read_text())
    assert providers['providers'][0]['options']['path'].endswith('dashboards/flywheel')
    scrape = yaml.safe_load((CHECKOUT / 'config/prometheus/prometheus.yml').read_text())
    assert sources['datasources'][0]['jsonData']['timeInterval'] == \
        scrape['global']['scrape_interval']


def test_each_dashboard_has_a_picture_and_a_place_in_the_docs() -> None:
    page = (CHECKOUT / 'docs/dashboards.md').read_text()
    for dashboard in DASHBOARDS:
        picture = CHECKOUT / f'docs/dashboards/{dashboard.uid}.png'
        assert f'(dashboards/{picture.name})' in page and f'`{dashboard.uid}`' in page
        assert 10_000 < picture.stat().st_size < 250_000


def test_what_may_have_no_value_says_why() -> None:
    page = json.loads((GRAFANA / 'dashboards/flywheel-fleet.json').read_text())
    said = {panel['title']: panel['fieldConfig']['defaults'].get('noValue')
            for panel in page['panels'] if panel['type'] == 'stat'}
    assert said['Mean time between interventions'] == 'no intervention'
    assert said['Autonomy'] is None


def types() -> Path:
    """Install Grafana's types once; return the folder they are in."""
    for program in ('node', 'npm'):
        if not shutil.which(program):
            pytest.skip(f'{program} is not installed (Debian packages nodejs and npm)')
    CACHE.mkdir(parents=True, exist_ok=True)
    for name in ('package.json', 'package-lock.json', 'tsconfig.json'):
        wanted = (HERE / name).read_text()
        if not (CACHE / name).is_file() or (CACHE / name).read_text() != wanted:
            shutil.rmtree(CACHE / 'node_modules', ignore_errors=True)
            (CACHE / name).write_text(wanted)
    if not (CACHE / 'node_modules').is_dir():
        done = subprocess.run(
            ['npm', 'ci', '--omit=peer', '--legacy-peer-deps', '--ignore-scripts', '--no-audit',
             '--no-fund'], cwd=CACHE, capture_output=True, text=True, check=False)
        if done.returncode:
            shutil.rmtree(CACHE / 'node_modules', ignore_errors=True)
            pytest.skip(f'npm cannot install the types of Grafana: {done.stderr[-300:]}')
    return CACHE


def compiled(folder: Path, pages: dict[str, Any]) -> str:
    """Return what the TypeScript compiler says of pages as dashboards, '' if nothing."""
    source = "import type { Dashboard } from './types.js';\n" + '\n'.join(
        f'export const d{n} = {json.dumps(page)} as const satisfies Dashboard;'
        for n, page in enumerate(pages.values()))
    (folder / 'dashboards.ts').write_text(source)
    shutil.copy(HERE / 'types.ts', folder)
    done = subprocess.run(['node', 'node_modules/typescript/bin/tsc', '-p', '.'], cwd=folder,
                          capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_grafanas_own_types_accept_them() -> None:
    pages = {path.name: json.loads(path.read_text())
             for path in sorted((GRAFANA / 'dashboards').glob('*.json'))}
    assert len(pages) == len(DASHBOARDS)
    assert compiled(types(), pages) == ''


def test_grafanas_own_types_refuse_what_is_wrong() -> None:
    page = json.loads((GRAFANA / 'dashboards/flywheel-fleet.json').read_text())
    page['panels'][1]['gridPos']['hight'] = 4
    page['panels'][2]['fieldConfig']['defaults']['unit'] = 5
    said = compiled(types(), {'wrong': page})
    assert '"hight"\' does not exist' in said
    assert "Type 'number' is not assignable to type 'string'" in said
