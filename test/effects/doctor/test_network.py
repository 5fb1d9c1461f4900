"""Real interfaces and real datagrams; nothing leaves this machine."""

from pathlib import Path

from flywheel_nodes.core.doctor.finding import Level
from flywheel_nodes.core.robot import Native
from flywheel_nodes.effects.doctor import network

NOWHERE = '198.51.100.0/24'  # for documentation: no machine has it


def test_a_datagram_comes_back_on_the_loopback() -> None:
    assert network.echo('lo')
    (found,) = network.look(Native(), cameras=0)
    assert found.level is Level.OK and found.check == 'multicast'


def test_an_interface_that_is_not_there_gives_nothing_back() -> None:
    assert not network.echo('none0')
    assert network.interface('none0') is None


def test_a_robots_network_that_is_not_there_is_told_with_what_to_type() -> None:
    there = Native(domain=0, network=NOWHERE)
    found = list(network.look(there, cameras=0))
    assert [one.level for one in found] == [Level.WRONG, Level.UNKNOWN]
    assert 'ip addr add 198.51.100.99/24' in found[0].remedy


def test_a_bus_on_this_machine_needs_no_network() -> None:
    here = Native(domain=0, network=NOWHERE, discovery='localhost')
    assert [one.level for one in network.look(here, cameras=0)] == [Level.OK]


def test_buffers_matter_to_cameras() -> None:
    checks = [one.check for one in network.look(Native(), cameras=1)]
    assert checks == ['multicast', 'socket buffers']


def test_an_interface_is_what_the_kernel_says(tmp_path: Path) -> None:
    (tmp_path / 'eth7').mkdir()
    (tmp_path / 'eth7' / 'flags').write_text('0x1003\n')
    found = network.interface('eth7', tmp_path)
    assert found and found.flags == 0x1003 and not found.carrier, 'its cable is unknown'
    (tmp_path / 'eth7' / 'carrier').write_text('1\n')
    found = network.interface('eth7', tmp_path)
    assert found and found.carrier
