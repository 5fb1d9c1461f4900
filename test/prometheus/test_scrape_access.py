"""The Prometheus configuration in docs/security.md is accepted, and gets past TLS and password."""

from collections.abc import Iterator
import contextlib
from pathlib import Path
import re
import shutil
import subprocess
import urllib.parse

import pytest

from flywheel_nodes.effects.credentials import add, Credentials, load
from flywheel_nodes.effects.metrics_http import Access, Reply, Server
from test.effects.teleop.pki import Pki
from test.effects.waiting import until
from test.prometheus.server import missing_prometheus, Prometheus

PAGE = (Path(__file__).resolve().parents[2] / 'docs' / 'security.md').read_text(encoding='utf-8')
SAMPLE = next(block for block in re.findall(r'^```yaml\n(.*?)^```', PAGE, re.DOTALL | re.MULTILINE)
              if 'scrape_configs' in block)
needs_prometheus = pytest.mark.skipif(bool(missing_prometheus()), reason=missing_prometheus())


@pytest.mark.skipif(shutil.which('promtool') is None,
                    reason='promtool is not installed (Debian package prometheus)')
def test_promtool_accepts_it(tmp_path: Path) -> None:
    # The files it names need only be there.
    config = tmp_path / 'prometheus.yml'
    config.write_text(SAMPLE.replace('/etc/prometheus/', f'{tmp_path}/'))
    for name in ('flywheel.password', 'flywheel-ca.pem'):
        (tmp_path / name).touch()
    told = subprocess.run(['promtool', 'check', 'config', str(config)], text=True,
                          capture_output=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Give an exporter with a certificate for 127.0.0.1; its password is in a file beside it."""
    pki = Pki(tmp_path / 'pki')
    (tmp_path / 'flywheel.password').write_text(add(tmp_path / 'scrapers', 'prometheus') + '\n')
    shutil.copy(pki.ours / 'ca.pem', tmp_path / 'flywheel-ca.pem')
    made = Server('node', '127.0.0.1', 0, {
        '/metrics': lambda _: Reply(200, b'flywheel_mode 1\n', 'text/plain; version=0.0.4')},
        Access(pki.server(), Credentials(load(tmp_path / 'scrapers'))))
    with contextlib.closing(made):
        yield made


@needs_prometheus
def test_a_real_one_gets_in_and_one_without_password_does_not(server: Server,
                                                              tmp_path: Path) -> None:
    target = urllib.parse.urlsplit(server.url).netloc
    config = (SAMPLE.replace('/etc/prometheus/', f'{tmp_path}/')
              .replace('g1-07.lab.example:9464', target).replace('5s', '1s'))
    stranger = re.sub(r'    basic_auth:\n.*\n.*\n', '', config).replace(
        'job_name: flywheel', 'job_name: stranger').replace('scrape_configs:\n', '')
    with contextlib.closing(Prometheus(tmp_path / 'prometheus', config + stranger)) as prometheus:
        until(lambda: prometheus.query('flywheel_mode{robot="g1-07",job="flywheel"}'), 'a scrape')
        until(lambda: prometheus.query('up{job="stranger"} == 0'), 'a refusal')
        assert not prometheus.query('flywheel_mode{job="stranger"}')
    counted = server.counted().requests
    assert counted['/metrics', '200'] and counted['/metrics', '401']
