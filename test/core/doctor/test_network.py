from ipaddress import IPv4Network

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.doctor import network
from flywheel_nodes.core.doctor.finding import Level
from flywheel_nodes.core.doctor.network import Interface, Route
from flywheel_nodes.core.robot import Native

HEAD = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n'
TABLE = HEAD + """\
wlan0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth1\t007BA8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
wlan0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
"""
DOG = '192.168.123.0/24'
UP = network.UP | network.MULTICAST
OWN = Native(domain=0, network=DOG)


def test_the_kernels_table_is_read() -> None:
    assert network.routes(TABLE) == [
        Route('wlan0', IPv4Network('0.0.0.0/0'), False),
        Route('eth1', IPv4Network(DOG), True),
        Route('wlan0', IPv4Network('192.168.1.0/24'), True)]


@given(st.text(max_size=200))
def test_a_row_that_does_not_read_is_no_route(text: str) -> None:
    assert network.routes(TABLE + text)[:3] == network.routes(TABLE)


def test_a_network_is_reached_on_its_interface_and_not_through_a_gateway() -> None:
    table = network.routes(TABLE)
    assert network.interface_of(DOG, table) == 'eth1'
    assert network.interface_of('10.0.0.0/8', table) == ''
    assert network.default_interface(table) == 'wlan0'
    assert network.default_interface(table[1:]) == ''


@pytest.mark.parametrize(('told', 'native', 'level', 'words'), [
    ('', Native(), Level.OK, 'ours is 0 (ROS_DOMAIN_ID is not set), the robot speaks in it'),
    ('5', OWN, Level.OK, "0 is the robot's own"), ('', OWN, Level.WARN, 'and so is'),
    ('0', OWN, Level.WARN, 'and so is'), ('102', OWN, Level.WARN, 'ports'),
    ('233', OWN, Level.WRONG, 'is none'), ('-1', OWN, Level.WRONG, 'is none'),
    ('five', OWN, Level.WRONG, 'is none')])
def test_domain(told: str, native: Native, level: Level, words: str) -> None:
    found = network.domain(told, native)
    assert found.level is level and words in found.sentence


def test_a_fake_may_have_any_domain() -> None:
    assert network.domain('0', OWN, fake=True).level is Level.OK


@pytest.mark.parametrize(('told', 'distro', 'level'), [
    ({}, '', Level.OK), ({network.RANGE: 'LOCALHOST'}, '', Level.OK),
    ({network.RANGE: 'subnet'}, '', Level.WARN), ({network.RANGE: 'OFF'}, '', Level.WRONG),
    ({network.RANGE: 'sometimes'}, '', Level.WRONG),
    ({network.OLD_RANGE: '1'}, 'humble', Level.OK),
    ({network.OLD_RANGE: '0'}, 'humble', Level.WARN),
    ({network.RANGE: 'OFF'}, 'humble', Level.OK)])
def test_discovery(told: dict[str, str], distro: str, level: Level) -> None:
    assert network.discovery(told, distro).level is level


def test_the_robots_network_needs_an_address_a_cable_and_an_interface_that_is_up() -> None:
    absent = network.robots_network(DOG, None)
    assert absent.level is Level.WRONG and 'ip addr add 192.168.123.99/24' in absent.remedy
    assert '10.0.0.6/29' in network.robots_network('10.0.0.0/29', None).remedy
    for interface in (Interface('eth1', 0, True), Interface('eth1', UP, False)):
        assert network.robots_network(DOG, interface).level is Level.WRONG
    assert network.robots_network(DOG, Interface('eth1', UP, True)).level is Level.OK


@pytest.mark.parametrize(('name', 'flags', 'came_back', 'level'), [
    ('eth1', UP, True, Level.OK), ('eth1', UP, False, Level.WRONG),
    ('eth1', network.UP, True, Level.WRONG), ('lo', network.UP, True, Level.OK),
    ('lo', network.UP, False, Level.WRONG)])
def test_multicast(name: str, flags: int, came_back: bool, level: Level) -> None:
    assert network.multicast(Interface(name, flags, True), came_back).level is level


def test_small_buffers_matter_to_cameras_only() -> None:
    assert network.buffers(212_992, 0) is None
    assert network.buffers(None, 1) is None
    small, large = network.buffers(212_992, 1), network.buffers(2**23, 1)
    assert small and small.level is Level.WARN and 'sysctl' in small.remedy
    assert large and large.level is Level.OK
