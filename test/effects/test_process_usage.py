"""The processes of nodes are found by the locks they hold, and nobody else's are."""

import os
from pathlib import Path

import pytest

from flywheel_nodes.core.metrics import Readings
from flywheel_nodes.effects import process_usage
from flywheel_nodes.effects.process_usage import ProcessUsage
from flywheel_nodes.effects.run_dir import Instance, prepare
from test.effects.holder import crashed, Holder


def nodes(readings: Readings) -> set[str]:
    found = {frozenset(rows) for rows in readings.values()}
    assert set(readings) == set(process_usage.METRICS) and len(found) == 1
    return {labels[0] for labels in next(iter(found))}


def test_a_node_is_told_of_while_it_lives(tmp_path: Path) -> None:
    usage = ProcessUsage(tmp_path)
    assert nodes(usage.read()) == set()
    holder = Holder(tmp_path, 'policy')
    found = usage.read()
    assert nodes(found) == {'policy'}
    for name in process_usage.METRICS:
        assert found[name]['policy',] > 0, name
    again = usage.read()['process_cpu_seconds_total']['policy',]
    assert again >= found['process_cpu_seconds_total']['policy',]
    holder.kill()
    assert nodes(usage.read()) == set(), 'what a crash leaves behind is no process'


def test_a_number_given_anew_is_not_the_node(tmp_path: Path) -> None:
    crashed(tmp_path, 'policy', os.getppid())
    assert nodes(ProcessUsage(tmp_path).read()) == set()


@pytest.mark.parametrize('content', ['', '{}', '{"pid": "x"}', '{"pid": -1}', '{"pid": 4194305}',
                                     '[]', '\x00'])
def test_broken_locks_name_nobody(tmp_path: Path, content: str) -> None:
    (prepare(tmp_path) / 'run' / 'policy.lock').write_text(content)
    assert nodes(ProcessUsage(tmp_path).read()) == set()


def test_the_number_of_nodes_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_usage, 'MOST', 2)
    held = [Instance(tmp_path, f'node_{i}') for i in range(3)]
    assert nodes(ProcessUsage(tmp_path).read()) == {'node_0', 'node_1'}
    for one in held:
        one.close()
