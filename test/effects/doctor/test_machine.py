"""The machine the tests run on, and others made of files."""

import os
from pathlib import Path
import resource

from flywheel_nodes.core.config import Common, RecorderConfig, RelayConfig
from flywheel_nodes.core.doctor.finding import Level
from flywheel_nodes.effects.doctor import machine


def test_each_check_says_something_of_this_machine() -> None:
    found = list(machine.look({'snippet_recorder': RecorderConfig(), 'relay': RelayConfig()}))
    assert {'python', 'ros', 'clock', 'cpu', 'memory', 'open files', 'nice'} <= {
        one.check for one in found}
    assert next(one for one in found if one.check == 'ros').sentence.startswith('rclpy ')
    assert all(one.remedy for one in found if one.level in (Level.WARN, Level.WRONG))


def test_more_connections_than_files_is_told() -> None:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    found = list(machine.look({'relay': RelayConfig(max_connections=soft)}))
    assert next(one for one in found if one.check == 'open files').level is Level.WARN


def test_the_lowest_nice_level_counts() -> None:
    found = list(machine.look({'a': Common(nice=5), 'b': Common(nice=-20)}))
    nice = next(one for one in found if one.check == 'nice')
    assert nice.sentence.startswith('-20 is configured')
    assert (nice.level is Level.OK) is (machine.least_nice() == -20)


def test_what_is_said_to_be_permitted_is() -> None:
    child = os.fork()
    if not child:
        try:
            os.setpriority(os.PRIO_PROCESS, 0, machine.least_nice())
        except OSError:
            os._exit(1)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


def test_governors_are_those_of_all_cpus(tmp_path: Path) -> None:
    for cpu, governor in (('cpu0', 'performance'), ('cpu1', 'powersave')):
        folder = tmp_path / cpu / 'cpufreq'
        folder.mkdir(parents=True)
        (folder / 'scaling_governor').write_text(f'{governor}\n')
    (tmp_path / 'cpu0' / 'cpufreq' / 'scaling_driver').write_text('acpi-cpufreq\n')
    assert machine.governors(tmp_path) == ({'performance', 'powersave'}, 'acpi-cpufreq')
    assert machine.governors(tmp_path / 'cpu1') == (frozenset(), '')


def test_memory_is_read(tmp_path: Path) -> None:
    path = tmp_path / 'meminfo'
    path.write_text('MemTotal:  8 kB\nMemAvailable:       5 kB\n')
    assert machine.available_memory(path) == 5 * 1024
    assert machine.available_memory() > 0
