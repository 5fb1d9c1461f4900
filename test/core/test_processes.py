"""One table of processes: names, modules and executables agree."""

from pathlib import Path
import re

import pytest

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.processes import names, Process, PROCESSES, processes_for, running

SETUP = Path(__file__).resolve().parents[2] / 'setup.py'


@pytest.mark.parametrize('process', PROCESSES, ids=lambda p: p.name)
def test_the_module_is_named_like_the_process(process: Process) -> None:
    assert process.module.rpartition('.')[2] == process.name
    assert process.meaning


def test_setup_installs_an_executable_for_each() -> None:
    listed = re.search(r'EXECUTABLES = \(([^)]*)\)', SETUP.read_text(encoding='utf-8'))
    assert listed
    assert set(re.findall(r"'(\w+)'", listed[1])) == {p.name for p in PROCESSES}


def test_the_embedded_robot_runs_only_on_sim() -> None:
    assert {p.name for p in PROCESSES} - {'fake_robot'} == {p.name for p in processes_for('sim')}
    others = {p.name for p in processes_for('go2')}
    assert 'control_arbiter' in others and not {'sim_robot', 'fake_robot', 'policy'} & others


def test_a_fake_and_the_policy_run_beside_a_robot_that_is_not_there() -> None:
    faked = {p.name for p in processes_for('go2', fake=True)}
    assert faked - {p.name for p in processes_for('go2')} == {'fake_robot', 'policy'}


def test_what_is_left_out_must_be_a_process() -> None:
    left = {p.name for p in running('sim', ('policy', 'teleop_relay'))}
    assert left == {p.name for p in PROCESSES} - {'fake_robot', 'policy', 'teleop_relay'}
    assert running('go2', ('policy',)) == processes_for('go2'), 'known, though not on this robot'
    with pytest.raises(ConfigError, match="without: 'nope' is no process: there are sim_robot, "):
        running('sim', ('policy', 'nope'))


def test_names_come_in_one_text() -> None:
    assert names(' policy, teleop_relay\n') == ('policy', 'teleop_relay')
    assert names('') == ()
