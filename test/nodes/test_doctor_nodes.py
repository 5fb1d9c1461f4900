"""Our nodes, as the doctor sees and hears them over real DDS."""

from collections.abc import Iterator
from contextlib import closing
import os

import pytest

from flywheel_nodes.core.doctor.finding import Level
from flywheel_nodes.core.node_process import NodeProcess
from flywheel_nodes.effects import clocks
from flywheel_nodes.nodes.control_arbiter import ControlArbiter
from flywheel_nodes.nodes.doctor_buses import Listener
from flywheel_nodes.nodes.doctor_nodes import RollCall
from test.harness import Bench

OURS = {name: NodeProcess(os.getpid()) for name in ('control_arbiter', 'probe')}


@pytest.fixture
def calls(bench: Bench) -> Iterator[RollCall]:
    with closing(Listener(bench.namespace)) as listener:
        yield RollCall(listener, OURS, '')


def test_who_reports_is_heard_and_who_does_not_hangs(bench: Bench, calls: RollCall) -> None:
    bench.start('control_arbiter', ControlArbiter)
    bench.until(lambda: {*OURS} <= {*calls.roll.seen} and 'control_arbiter' in calls.roll.heard,
                'both seen, one heard', each=lambda: calls.step(clocks.now()))
    assert not calls.complete
    (found,) = calls.findings(tuple(OURS), 'up')
    assert found.level is Level.WRONG
    assert f'probe (pid {os.getpid()}) hangs: it is on the bus' in found.sentence


def test_nodes_are_looked_for_in_our_namespace(bench: Bench) -> None:
    with closing(Listener('/elsewhere')) as listener, closing(Listener(bench.namespace)) as here:
        bench.until(lambda: 'probe' in here.seen(), 'the probe in the graph')
        assert 'probe' not in listener.seen()
        assert [one.level for one in RollCall(here, {}, '').findings(('probe',), 'up')] == [
            Level.OK]
