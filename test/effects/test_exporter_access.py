"""What the exporter's parameters say about who is let in, and what they must not say."""

from pathlib import Path

import pytest

from flywheel_nodes.cli import main
from flywheel_nodes.core.config import ExporterConfig
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects.exporter_access import access
from test.effects.teleop.pki import Pki


@pytest.fixture
def tls(tmp_path: Path) -> dict[str, str]:
    folder = Pki(tmp_path / 'pki').ours
    return {'tls_certificate': str(folder / 'sim.pem'), 'tls_key': str(folder / 'sim.key.pem')}


def test_by_default_it_is_for_this_machine_and_everybody_on_it() -> None:
    made = access(ExporterConfig())
    assert made.tls is None and made.credentials is None


def test_tls_and_a_password(tls: dict[str, str], tmp_path: Path,
                            capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['keys', 'scraper', 'prometheus', '--data-dir', str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert len(out.strip()) == 32 and '\n' not in out.strip()
    path = tmp_path / 'keys' / 'scrapers'
    assert str(path) in err and out.strip() not in err
    made = access(ExporterConfig(host='0.0.0.0', credentials=str(path), **tls))
    assert made.tls and made.credentials
    assert set(made.free_here) == {'/livez', '/readyz'}


@pytest.mark.parametrize('host', ['0.0.0.0', '::', '10.0.0.7', 'robot.lab'])
def test_no_other_address_without_tls(host: str) -> None:
    with pytest.raises(ConfigError) as error:
        access(ExporterConfig(host=host))
    assert str(error.value) == (
        f'health_exporter: host {host} can be reached from elsewhere: give tls_certificate and '
        'tls_key (`flywheel keys robot`), or use 127.0.0.1 and a tunnel')


def test_half_a_pair_is_refused(tls: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r'health_exporter: .* belong together'):
        access(ExporterConfig(tls_certificate=tls['tls_certificate']))


def test_secrets_that_others_can_read_are_refused(tls: dict[str, str], tmp_path: Path) -> None:
    Path(tls['tls_key']).chmod(0o644)
    with pytest.raises(ConfigError, match=r'^health_exporter: .* can be read by others: chmod'):
        access(ExporterConfig(**tls))
    path = tmp_path / 'scrapers'
    path.write_text('a:b')
    path.chmod(0o644)
    with pytest.raises(ConfigError, match=r'^health_exporter: credentials: .* can be read by'):
        access(ExporterConfig(credentials=str(path)))


def test_up_refuses_before_anything_starts(tmp_path: Path,
                                           capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['up', '--data-dir', str(tmp_path / 'data'), '--param',
                 f'health_exporter.credentials:={tmp_path}/none']) == 2
    err = capsys.readouterr().err
    assert err == (f'flywheel up: health_exporter: credentials: {tmp_path}/none: '
                   'No such file or directory\n')
