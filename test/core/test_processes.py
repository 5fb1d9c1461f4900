"""One table of processes: names, modules and executables agree."""

from pathlib import Path
import re

import pytest

from flywheel_nodes.core.processes import Process, PROCESSES, processes_for

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
    assert {p.name for p in PROCESSES} == {p.name for p in processes_for('sim')}
    others = {p.name for p in processes_for('go2')}
    assert 'control_arbiter' in others and not {'sim_robot', 'policy'} & others
