"""What must hold the robot does, at once and within the bound."""

import math

import pytest

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.control import Gate, Mode, Verdict
from flywheel_nodes.core.events import EventName
from test.core.driving.rig import Rig, ROBOT, TICK


@pytest.mark.parametrize(('source', 'gate'), [
    ('robot', Gate.ROBOT_SILENT), ('estop', Gate.ESTOP_UNKNOWN), ('monitor', Gate.MONITOR_SILENT)])
@pytest.mark.parametrize('who', ['to_policy', 'to_human'])
def test_a_silent_source_stops_the_robot_within_the_bound(source: str, gate: Gate,
                                                          who: str) -> None:
    rig = getattr(Rig(), who)()
    if (source, who) == ('monitor', 'to_human'):
        rig.run(100, without=(source,), each=rig.drive)
        assert rig.mode is Mode.HUMAN  # the monitor has no say over a human
        return
    bound = 1.5 if source == 'estop' else ROBOT.stop_bound
    rig.run(int(bound * SECOND / TICK) + 1, without=(source,),
            each=rig.drive if who == 'to_human' else None)
    assert rig.mode is Mode.HOLD
    assert rig.speed == 0.0
    assert rig.arbiter.authority.gate is gate
    rig.run(100)
    assert rig.mode is Mode.HOLD, 'nothing returns to the policy by itself'


@pytest.mark.parametrize('positions', [{}, {'wheel': 1.0}, {'elbow': math.nan}])
def test_a_joint_that_is_not_told_is_not_heard(positions: dict[str, float]) -> None:
    rig = Rig().to_policy()
    rig.sources['robot'] = lambda: rig.arbiter.measured(positions, rig.now)
    rig.run(30)
    assert (rig.mode, rig.arbiter.authority.gate) == (Mode.HOLD, Gate.ROBOT_SILENT)


def test_an_alarm_holds_the_policy_at_the_next_tick() -> None:
    rig = Rig().to_policy()
    rig.sources['monitor'] = lambda: rig.gates.verdict(Verdict(False, ('seam',)), rig.mono)
    assert rig.run().control.mode is Mode.HOLD
    assert 'seam' in rig.results[-1].control.reason
    assert not rig.arbiter.resume('test', rig.now)[0]


def test_the_estop_stops_and_latches() -> None:
    rig = Rig().to_policy()
    rig.sources['estop'] = lambda: rig.gates.estop(True, rig.mono)
    assert rig.run().control.mode is Mode.STOPPED
    assert not rig.arbiter.resume('test', rig.now)[0]
    rig.sources['estop'] = lambda: rig.gates.estop(False, rig.mono)
    rig.run(100)
    assert rig.mode is Mode.STOPPED


def test_a_press_and_release_of_the_estop_between_two_ticks_stops() -> None:
    rig = Rig().to_policy()
    for pressed in (True, False):
        rig.gates.estop(pressed, rig.mono)
        rig.arbiter.authority.heed(rig.mono)
    assert rig.mode is Mode.STOPPED


@pytest.mark.parametrize('who', ['to_policy', 'to_human'])
def test_a_native_takeover_and_a_rival_hold_everybody(who: str) -> None:
    rig = getattr(Rig(), who)()
    rig.gates.owner('native')
    rig.run()
    assert (rig.mode, rig.arbiter.authority.gate) == (Mode.HOLD, Gate.NATIVE)
    rig.gates.owner('flywheel')
    rig.arbiter.authority.competing('/robot/cmd_vel', ('/evil',), rig.mono)
    assert EventName.COMPETING_PUBLISHER in [e.name for e in rig.run().events]
    assert not rig.arbiter.resume('test', rig.now)[0]
