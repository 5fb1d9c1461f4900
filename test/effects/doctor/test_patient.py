from pathlib import Path

import pytest

from flywheel_nodes.core.doctor.finding import Finding, Level
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects import dds_profile
from flywheel_nodes.effects.bring_up import Wanted
from flywheel_nodes.effects.doctor.patient import DOMAIN, FAKE, look, meet, Patient
from flywheel_nodes.effects.run_dir import Instance

PORTS = ('health_exporter.port:=0', 'teleop_relay.port:=0')


def wanted(data_dir: Path, robot: str = 'sim', *settings: str) -> Wanted:
    return Wanted(robot, data_dir=str(data_dir), settings=(*PORTS, *settings))


def by_check(patient: Patient) -> dict[str, Finding]:
    return {one.check: one for one in look(patient)}


def test_a_stack_that_could_be_started_has_nothing_wrong(tmp_path: Path) -> None:
    patient = meet(wanted(tmp_path / 'new'), {})
    found = by_check(patient)
    assert [one for one in found.values() if one.level is Level.WRONG] == []
    assert patient.embedded and patient.played and not patient.up
    assert 'one that is free' in found['domain'].sentence
    assert not (tmp_path / 'new').exists(), 'the doctor makes nothing'


def test_a_wrong_configuration_is_one_line_among_others(tmp_path: Path) -> None:
    found = by_check(meet(wanted(tmp_path, 'sim', 'control_arbiter.rate:=1'), {}))
    assert found['configuration'].level is Level.WRONG
    assert 'rate' in found['configuration'].sentence
    assert 'disk' in found and 'keys' not in found


def test_a_stack_that_runs_is_met_in_its_domain(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DOMAIN, '77')
        node = Instance(tmp_path, 'control_arbiter')
    patient = meet(wanted(tmp_path), {})
    assert patient.up == {'control_arbiter'}
    assert patient.environ[DOMAIN] == '77'
    assert meet(wanted(tmp_path), {DOMAIN: '5'}).environ[DOMAIN] == '5'
    node.close()
    assert DOMAIN not in meet(wanted(tmp_path), {}).environ


def test_the_nodes_would_have_the_robots_profile(tmp_path: Path) -> None:
    patient = meet(wanted(tmp_path, 'unitree_go2'), {'RMW_IMPLEMENTATION': 'rmw_fastrtps_cpp'})
    assert patient.environ[dds_profile.VARIABLE].endswith('unitree.xml')
    found = by_check(patient)
    assert found['dds profile'].level is Level.OK
    assert "and so is the robot's own bus" in found['domain'].sentence
    assert found['private key' if 'private key' in found else 'keys'].level is Level.OK


def test_a_parameter_says_where_the_robot_is(tmp_path: Path) -> None:
    patient = meet(wanted(tmp_path, 'unitree_go2', 'robot_adapter.native_domain:=9',
                          'robot_adapter.native_discovery:=localhost'), {})
    assert (patient.native.domain, patient.native.discovery) == (9, 'localhost')
    assert 'network' not in by_check(patient)


def test_a_fake_needs_no_network(tmp_path: Path) -> None:
    fake = Instance(tmp_path, FAKE)
    patient = meet(wanted(tmp_path, 'unitree_go2'), {DOMAIN: '0'})
    assert patient.played and not patient.embedded
    assert FAKE in patient.processes and FAKE in patient.up
    found = by_check(patient)
    assert 'network' not in found and found['domain'].level is Level.OK
    fake.close()


def test_an_unknown_robot_is_a_bad_argument(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='unknown robot'):
        meet(wanted(tmp_path, 'robbie'), {})
