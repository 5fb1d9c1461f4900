from pathlib import Path
import socket
import time

import pytest

from flywheel_nodes.core.config import Common, ExporterConfig, RelayConfig
from flywheel_nodes.core.doctor.finding import Finding, Level
from flywheel_nodes.effects.doctor import relay
from flywheel_nodes.effects.run_dir import Instance
from flywheel_nodes.effects.teleop.certificates import make_ca, make_for_robot
from flywheel_nodes.effects.teleop.tokens import make_keys

DAY = relay.DAY_S


def levels(found: list[Finding]) -> list[Level]:
    return [one.level for one in found]


@pytest.mark.parametrize(('local', 'level'), [(True, Level.OK), (False, Level.WRONG)])
def test_a_relay_without_keys_makes_its_own_or_does_not_start(
        local: bool, level: Level, tmp_path: Path) -> None:
    assert levels(list(relay.keys(tmp_path, local, played=False))) == [level]


def test_a_private_key_belongs_elsewhere_and_to_nobody_else(tmp_path: Path) -> None:
    private, _ = make_keys(tmp_path)
    assert levels(list(relay.keys(tmp_path, True, played=True))) == [Level.OK]
    assert levels(list(relay.keys(tmp_path, True, played=False))) == [Level.OK, Level.WARN]
    private.chmod(0o640)
    found = list(relay.keys(tmp_path, True, played=True))
    assert levels(found) == [Level.OK, Level.WRONG] and 'chmod 600' in found[1].remedy


def test_a_damaged_key_is_wrong(tmp_path: Path) -> None:
    (tmp_path / 'x.pub.pem').write_text('no key')
    assert levels(list(relay.keys(tmp_path, True, played=True))) == [Level.WRONG]


def test_a_certificate_is_good_for_a_while(tmp_path: Path) -> None:
    make_ca(tmp_path / 'ca')
    pair = make_for_robot(tmp_path / 'ca', tmp_path, 'rex', ['127.0.0.1'], days=90)
    config = RelayConfig(tls_certificate=str(pair.certificate), tls_key=str(pair.key))
    now = time.time()
    for later, level in ((0, Level.OK), (80, Level.WARN), (91, Level.WRONG)):
        assert levels(list(relay.certificate(config, now + later * DAY))) == [level]
    pair.key.chmod(0o644)
    (found,) = relay.certificate(config, now)
    assert found.level is Level.WRONG and found.remedy == f'chmod 600 {pair.key}'


def test_without_tls_only_this_machine_is_served() -> None:
    (found,) = relay.certificate(RelayConfig(), 0.0)
    assert found.level is Level.OK and 'this machine only' in found.sentence


def test_a_port_is_free_or_ours_or_somebody_elses(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        config = ExporterConfig(port=taken.getsockname()[1])
        other = relay.port(tmp_path, 'health_exporter', config)
        assert other.level is Level.WRONG and 'stop what uses it' in other.remedy
        ours = Instance(tmp_path, 'health_exporter')
        ours.address(f'http://127.0.0.1:{config.port}/metrics')
        assert relay.port(tmp_path, 'health_exporter', config).level is Level.OK
        ours.close()
    assert 'is free for' in relay.port(tmp_path, 'health_exporter', config).sentence


def test_each_server_is_looked_at(tmp_path: Path) -> None:
    configs: dict[str, Common] = {'teleop_relay': RelayConfig(port=0), 'policy': Common(),
                                  'health_exporter': ExporterConfig(port=0)}
    assert [one.check for one in relay.look(tmp_path, configs, played=True)] == [
        'keys', 'certificate', 'port', 'port']
