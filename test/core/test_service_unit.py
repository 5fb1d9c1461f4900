"""The unit says what was asked, and systemd reads it back as it was meant."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.service_unit import (
    argument,
    environment_text,
    JOURNAL,
    memory_for,
    MIB,
    PROCESS_MEMORY,
    Service,
    unit_text,
)

PLAIN = Service('go2', 'flywheel', '/var/lib/flywheel', ('/opt/python', '-m', 'x', 'up'))


def lines(service: Service) -> list[str]:
    return unit_text(service).splitlines()


def test_the_unit_restarts_and_is_watched_but_not_after_a_bad_configuration() -> None:
    assert {'Type=notify', 'Restart=on-failure', 'RestartPreventExitStatus=2', 'WatchdogSec=10',
            'KillMode=mixed', 'User=flywheel', 'ExecStart=/opt/python -m x up',
            'ReadWritePaths=/var/lib/flywheel', 'NoNewPrivileges=yes', 'ProtectSystem=strict',
            'CapabilityBoundingSet=', 'LogNamespace=flywheel',
            'InaccessiblePaths=-/var/lib/flywheel/keys/operator.pem'} <= set(lines(PLAIN))
    assert 'time-sync.target' in next(one for one in lines(PLAIN) if one.startswith('After='))


def test_what_nobody_asked_for_is_not_there() -> None:
    assert not any(one.startswith(('CPUAffinity', 'LimitNICE')) for one in lines(PLAIN))
    asked = lines(replace(PLAIN, cpus='0-1,3', nice=-5, memory=3 * MIB))
    assert {'CPUAffinity=0-1 3', 'LimitNICE=-5', 'MemoryMax=3145728'} <= set(asked)


def test_a_set_up_file_is_sourced_in_the_same_process() -> None:
    made = lines(replace(PLAIN, setup='/opt/ros/jazzy/setup.bash'))
    assert ('ExecStart=/bin/bash -c "source \\"$$0\\" && exec \\"$$@\\"" '
            '/opt/ros/jazzy/setup.bash /opt/python -m x up') in made


@pytest.mark.parametrize('name', ['', 'a b', '../x', 'a/b', '-x', 'x' * 65, 'ü', 'a\nb', '%i'])
def test_names_that_systemd_would_read_otherwise_are_refused(name: str) -> None:
    for change in ({'robot': name}, {'user': name}):
        with pytest.raises(ConfigError, match='cannot name'):
            replace(PLAIN, **change)


def test_a_line_break_cannot_add_a_setting() -> None:
    with pytest.raises(ConfigError, match='control character'):
        unit_text(replace(PLAIN, data_dir='/x\nUser=root'))


@given(st.text(st.characters(exclude_categories=('C', 'Z')) | st.sampled_from(' "\\$%\'')))
def test_every_argument_is_one_word_that_reads_back(text: str) -> None:
    assert unquoted(argument(text)) == text


def unquoted(word: str) -> str:
    """Read a word as systemd.service(5) says."""
    if word.startswith('"'):
        assert word.endswith('"')
        word = word[1:-1].replace('\\"', '"').replace('\\\\', '\\')
    else:
        assert word and not set(word) & set(' "\'\\')
    return word.replace('$$', '$').replace('%%', '%')


def test_memory_is_bounded_by_what_runs() -> None:
    assert memory_for(8, 320 * MIB) == 8 * PROCESS_MEMORY + 320 * MIB
    assert memory_for(1, 1) % MIB == 0


def test_the_environment_keeps_discovery_here_and_the_log_is_bounded() -> None:
    text = environment_text(replace(PLAIN, domain=7))
    assert {'ROS_DOMAIN_ID=7', 'ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST'} <= set(text.split('\n'))
    assert 'SystemMaxUse=' in JOURNAL
