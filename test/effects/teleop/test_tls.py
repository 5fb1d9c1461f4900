"""The relay is reached from elsewhere with TLS or not at all; half a configuration is refused."""

from dataclasses import replace
from pathlib import Path
import ssl
import time

import pytest

from flywheel_nodes.core.config import RelayConfig
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects.teleop import tls
from test.effects.teleop.pki import Pki


@pytest.fixture(scope='module')
def good(tmp_path_factory: pytest.TempPathFactory) -> RelayConfig:
    folder = Pki(tmp_path_factory.mktemp('pki')).ours
    return RelayConfig(host='0.0.0.0', tls_certificate=str(folder / 'sim.pem'),
                       tls_key=str(folder / 'sim.key.pem'), client_ca=str(folder / 'ca.pem'))


def test_this_machine_needs_no_tls() -> None:
    for host in ('127.0.0.1', '::1', 'localhost', '127.0.0.2'):
        assert tls.server_context(RelayConfig(host=host)) is None


@pytest.mark.parametrize(('host', 'local'), [
    ('127.0.0.1', True), ('::1', True), ('localhost', True), ('::ffff:127.0.0.1', True),
    ('::ffff:10.0.0.7', False), ('10.0.0.7', False)])
def test_an_ipv4_address_is_the_same_on_a_socket_for_both(host: str, local: bool) -> None:
    assert tls.is_local(host) is local


@pytest.mark.parametrize('host', [
    '0.0.0.0', '::', '10.0.0.7', 'robot.lab', '', '127.0.0.1.x', '::ffff:10.0.0.7'])
def test_no_other_address_without_tls(host: str) -> None:
    with pytest.raises(ConfigError, match=r'^teleop_relay: host .* give tls_certificate'):
        tls.server_context(RelayConfig(host=host))


def test_tls_is_new_and_a_client_certificate_needed_when_asked_for(good: RelayConfig) -> None:
    context = tls.server_context(good)
    assert context
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED
    plain = tls.server_context(replace(good, client_ca=''))
    assert plain
    assert plain.verify_mode is ssl.CERT_NONE


@pytest.mark.parametrize(('change', 'says'), [
    ({'tls_key': ''}, 'belong together'), ({'tls_certificate': ''}, 'belong together'),
    ({'tls_certificate': '', 'tls_key': '', 'host': '::1'}, 'client_ca asks'),
    ({'tls_key': '/nowhere.pem'}, '/nowhere.pem: No such file'),
    ({'client_ca': '/nowhere.pem'}, 'no CA certificate')])
def test_half_a_configuration(change: dict[str, str], says: str, good: RelayConfig) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        tls.server_context(replace(good, **change))
    assert '\n' not in str(caught.value)


def test_the_key_of_another_and_junk(good: RelayConfig, tmp_path: Path) -> None:
    folder = Path(good.tls_key).parent
    with pytest.raises(ConfigError, match='no certificate and its key'):
        tls.server_context(replace(good, tls_key=str(folder / 'ada.key.pem')))
    junk = tmp_path / 'junk.pem'
    junk.write_text('junk')
    junk.chmod(0o600)
    with pytest.raises(ConfigError, match='no certificate and its key'):
        tls.server_context(replace(good, tls_key=str(junk)))


def test_a_key_that_others_can_read(good: RelayConfig, tmp_path: Path) -> None:
    key = tmp_path / 'key.pem'
    key.write_bytes(Path(good.tls_key).read_bytes())
    key.chmod(0o644)
    with pytest.raises(ConfigError, match=r'can be read by others: chmod 600'):
        tls.server_context(replace(good, tls_key=str(key)))


def test_when_a_certificate_ends(good: RelayConfig) -> None:
    days = (tls.expiry(Path(good.tls_certificate)) - time.time()) / 86_400
    assert 396 < days < 398


def test_origins_come_from_the_list_of_robots(tmp_path: Path) -> None:
    file = tmp_path / 'robots.yaml'
    file.write_text('robots: [{name: sim, hosts: [sim.lab]}]\n')
    assert tls.origins(RelayConfig(robots=str(file))) == ('https://sim.lab:8765',)
    assert tls.origins(RelayConfig()) == ()
    file.write_text('robots: [{name: sim, hosts: [sim.lab], colour: red}]\n')
    with pytest.raises(ConfigError, match=rf'^{file}: robots\[0\]: unknown parameter'):
        tls.origins(RelayConfig(robots=str(file)))
