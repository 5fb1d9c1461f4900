import pytest

from flywheel_nodes.core.clock import Sync
from flywheel_nodes.core.doctor import machine
from flywheel_nodes.core.doctor.finding import Level

GIB = 2**30
NOW = 1_790_000_000 * 10**9  # in 2026


@pytest.mark.parametrize(('version', 'level'), [
    ((3, 9), Level.WRONG), ((3, 10), Level.OK), ((3, 13), Level.OK), ((3, 14), Level.WARN)])
def test_python(version: tuple[int, int], level: Level) -> None:
    assert machine.python(version).level is level


@pytest.mark.parametrize(('rclpy', 'told', 'level', 'words'), [
    ('', '', Level.WRONG, 'cannot be imported'),
    ('9.1.2', '', Level.OK, 'rclpy 9.1.2 (kilted)'),
    ('7.1.6', 'jazzy', Level.OK, '(jazzy)'),
    ('7.1.6', 'humble', Level.WRONG, 'ROS_DISTRO is humble'),
    ('3.3.0', 'humble', Level.WARN, 'not tested'),
    ('10.0.0', 'lyrical', Level.WARN, '(lyrical) was not tested'),
    ('?', '', Level.WARN, 'rclpy ? was not tested')])
def test_distribution(rclpy: str, told: str, level: Level, words: str) -> None:
    found = machine.distribution(rclpy, told)
    assert found.level is level and words in found.sentence


def test_memory() -> None:
    assert machine.memory(2 * GIB, GIB).level is Level.OK
    short = machine.memory(GIB, 2 * GIB)
    assert short.level is Level.WARN and 'ring_bytes' in short.remedy


@pytest.mark.parametrize(('usable', 'governors', 'driver', 'level'), [
    (1, set(), '', Level.WARN), (4, set(), '', Level.OK),
    (4, {'performance'}, 'acpi-cpufreq', Level.OK),
    (4, {'performance', 'powersave'}, 'acpi-cpufreq', Level.WARN),
    (4, {'powersave'}, 'intel_pstate', Level.OK)])
def test_cpus(usable: int, governors: set[str], driver: str, level: Level) -> None:
    assert machine.cpus(usable, governors, driver).level is level


def test_open_files() -> None:
    assert machine.open_files(1024, 128).level is Level.OK
    few = machine.open_files(256, 128)
    assert few.level is Level.WARN and 'LimitNOFILE=384' in few.remedy


@pytest.mark.parametrize(('wanted', 'least', 'level'), [
    (0, 0, Level.OK), (-5, -20, Level.OK), (-5, -5, Level.OK), (-6, -5, Level.WRONG),
    (-1, 0, Level.WRONG)])
def test_nice(wanted: int, least: int, level: Level) -> None:
    found = machine.nice(wanted, least)
    assert found.level is level
    assert (f'LimitNICE={wanted}' in found.remedy) is (level is Level.WRONG)


@pytest.mark.parametrize(('wall_ns', 'sync', 'level', 'words'), [
    (0, Sync(True, 'chrony'), Level.WRONG, '1970-01-01'),
    (2**62, Sync(True, 'chrony'), Level.WRONG, 'it says'),
    (NOW, None, Level.UNKNOWN, 'nothing here tells'),
    (NOW, Sync(False, 'the kernel'), Level.WARN, 'not synchronised, says the kernel'),
    (NOW, Sync(True, 'chrony'), Level.OK, 'synchronised, says chrony'),
    (NOW, Sync(True, 'the kernel', 0.0123), Level.OK, 'at most 0.0123 s off')])
def test_clock(wall_ns: int, sync: Sync | None, level: Level, words: str) -> None:
    (found,) = machine.clock(wall_ns, sync)
    assert found.level is level and words in found.sentence
