"""After a hold, a silence or a pause nothing is thrown back to where it was."""

import pytest

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.control import Gate, Mode, Request
from flywheel_nodes.core.driving.chunks import Chunk
from flywheel_nodes.core.driving.session import Refusal
from flywheel_nodes.core.events import EventName
from test.core.driving.rig import elbow, Rig, robot_at, TICK


def test_joints_hold_where_they_were_found() -> None:
    rig = Rig()
    rig.run(50)
    output = rig.results[-1].output
    assert output is not None
    assert output.values[1] == pytest.approx(0.3)


def test_a_joint_that_somebody_else_moved_during_a_hold_is_not_thrown_back() -> None:
    rig = Rig()
    rig.run(10)
    rig.gates.owner('native')
    robot_at(rig, 1.1)
    rig.run(10)
    rig.gates.owner('flywheel')
    rig.run(10)
    assert elbow(rig) == pytest.approx(1.1)


def test_a_joint_that_sank_while_stopped_stays_where_it_is() -> None:
    rig = Rig().to_policy()
    rig.arbiter.authority.stop('test', rig.mono)
    rig.run(20)
    rig.sources['estop'] = lambda: rig.gates.estop(True, rig.mono)
    robot_at(rig, -0.7)
    rig.run(10)
    rig.sources['estop'] = lambda: rig.gates.estop(False, rig.mono)
    rig.run(10)
    assert elbow(rig) == pytest.approx(-0.7)


def test_holding_after_a_silence_holds_and_does_not_follow_what_sags() -> None:
    rig = Rig().to_policy()
    rig.run(30, without=('robot',))
    rig.run(5)
    robot_at(rig, 0.25)
    rig.run(50)
    assert elbow(rig) == pytest.approx(0.3)


def test_a_silent_robot_is_not_thrown_back_to_where_it_was_last_heard() -> None:
    rig = Rig()
    rig.sources['arm'] = lambda: rig.arbiter.chunk(
        'joints', Chunk(rig.now.wall, (0, 2 * SECOND), ((1.9,), (1.9,))), rig.mono, rig.now)
    rig.run(5)
    assert rig.arbiter.resume('test', rig.now)[0]
    rig.run(30)
    before = elbow(rig)
    for _ in range(40):
        rig.run(without=('robot',))
        after = elbow(rig)
        assert 0.0 <= after - before <= 1.5 * 0.02 + 1e-9
        before = after
    assert rig.mode is Mode.HOLD
    robot_at(rig, 0.9)
    rig.run(5)
    assert elbow(rig) == pytest.approx(0.9), 'it begins where it is found'


@pytest.mark.parametrize('who', ['to_policy', 'to_human'])
def test_after_a_pause_of_its_own_the_arbiter_holds_at_rest(who: str) -> None:
    rig = getattr(Rig(), who)()
    assert rig.speed > 0.3
    rig.mono += 5 * SECOND
    rig.run(each=rig.drive if who == 'to_human' else None)
    assert (rig.mode, rig.arbiter.authority.gate) == (Mode.HOLD, Gate.PAUSED)
    assert rig.speed == 0.0, 'the adapter has stopped the robot long since'
    rig.run(50, each=rig.drive if who == 'to_human' else None)
    assert rig.speed == 0.0


def test_a_takeover_outlasts_a_pause_of_the_arbiter_and_ends_as_the_operator_says() -> None:
    rig = Rig().to_human()
    rig.mono += 5 * SECOND
    rig.run()
    assert rig.command(Request.RELEASE, reason='stuck', outcome='success') is Refusal.NONE
    (ended,) = (one for one in rig.run().events if one.name is EventName.INTERVENTION_ENDED)
    assert (ended.values['reason'], ended.values['outcome']) == ('stuck', 'success')


def test_a_relay_that_fell_silent_in_such_a_pause_ends_it_later() -> None:
    rig = Rig().to_human()
    rig.mono += 5 * SECOND
    rig.run(int(2.9 * SECOND / TICK))
    assert rig.arbiter.authority.epoch
    rig.run(int(0.2 * SECOND / TICK))
    assert not rig.arbiter.authority.epoch


def test_a_stop_at_a_late_loop_brakes_by_real_time() -> None:
    rig = Rig().to_policy()
    rig.arbiter.authority.stop('test', rig.mono)
    rig.mono += 6 * TICK
    rig.arbiter.tick(rig.now)
    assert rig.arbiter.motion.values[0] == 0.0
