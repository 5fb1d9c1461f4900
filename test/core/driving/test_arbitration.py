"""The arbiter as a state machine driven by time: who may move the robot, and that it stops."""

from collections.abc import Callable
from itertools import count
import math

from hypothesis import given, settings
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.clock import MILLISECOND, Now, SECOND
from flywheel_nodes.core.config import ArbiterConfig
from flywheel_nodes.core.control import Gate, Mode, Request, TeleopCommand, Verdict
from flywheel_nodes.core.driving.arbitration import Arbiter, Result
from flywheel_nodes.core.driving.authority import Authority
from flywheel_nodes.core.driving.axes import axes
from flywheel_nodes.core.driving.chunks import Chunk
from flywheel_nodes.core.driving.gates import Gates
from flywheel_nodes.core.driving.session import Refusal
from flywheel_nodes.core.events import EventName, Phase
from flywheel_nodes.core.robot import BaseAxis, Joint, Robot

ROBOT = Robot('test', 'sim', 'm', 'e', (BaseAxis('vx', 0.8, 1.0, 6.0),),
              (Joint('elbow', -2.0, 2.0, 1.5, 6.0, 12.0),))
TICK = 20 * MILLISECOND
WALL = 1_790_000_000 * SECOND


class Rig:
    """An arbiter with a clock, a robot that answers, a content monitor and a policy."""

    def __init__(self, restarted: bool = False) -> None:
        config, ids = ArbiterConfig(), count()
        self.gates = Gates(config, has_estop=True)
        self.arbiter = Arbiter(config, axes(ROBOT), Authority(
            config, self.gates, lambda: f'intervention-{next(ids)}', restarted))
        self.mono = SECOND
        self.seq = 0
        self.sources: dict[str, Callable[[], object]] = {
            'robot': lambda: self.arbiter.measured({'elbow': 0.3}, self.now),
            'estop': lambda: self.gates.estop(False, self.mono),
            'monitor': lambda: self.gates.verdict(Verdict(True), self.mono),
            'policy': self.propose}
        self.results: list[Result] = []

    @property
    def now(self) -> Now:
        return Now(self.mono, WALL + self.mono)

    def propose(self, vx: float = 0.5, stamp_ns: int = 0) -> None:
        stamp = stamp_ns or self.now.wall
        self.arbiter.chunk('base', Chunk(stamp, (0, SECOND), ((vx,), (vx,))), self.mono, self.now)

    def run(self, ticks: int = 1, without: tuple[str, ...] = (),
            each: Callable[[], object] | None = None) -> Result:
        for _ in range(ticks):
            self.mono += TICK
            for name, source in self.sources.items():
                if name not in without:
                    source()
            if each:
                each()
            self.results.append(self.arbiter.tick(self.now))
        return self.results[-1]

    def command(self, request: Request, **rest: object) -> Refusal:
        self.seq += 1
        fields = {'operator': 'ada', 'lease': 'L1', 'epoch': 7, 'seq': self.seq,
                  't_client_ns': self.mono, **rest}
        return self.arbiter.command(TeleopCommand(request, **fields), self.now)  # type: ignore[arg-type]

    def drive(self, vx: float = 0.5, deadman: bool = True, **rest: object) -> Refusal:
        return self.command(Request.DRIVE, deadman=deadman, axes=(('vx', vx),), **rest)

    def to_policy(self) -> 'Rig':
        self.run(5)
        assert self.arbiter.resume('test', self.now)[0]
        self.run(60)
        assert self.mode is Mode.POLICY
        return self

    def to_human(self) -> 'Rig':
        self.run(5)
        self.command(Request.IDLE)
        self.run(60, each=self.drive)
        assert self.mode is Mode.HUMAN
        return self

    @property
    def mode(self) -> Mode:
        return self.arbiter.authority.mode

    @property
    def speed(self) -> float:
        output = self.results[-1].output
        return output.values[0] if output else 0.0

    def events(self) -> list[EventName]:
        return [event.name for result in self.results for event in result.events]


def test_it_starts_in_hold_and_after_a_crash_in_stopped() -> None:
    assert Rig().mode is Mode.HOLD
    rig = Rig(restarted=True)
    rig.run(5)
    assert rig.mode is Mode.STOPPED
    assert rig.arbiter.resume('test', rig.now)[0]
    assert rig.mode is Mode.HOLD
    rig.run(100)
    assert rig.mode is Mode.HOLD
    assert rig.arbiter.resume('test', rig.now)[0]
    assert rig.mode is Mode.POLICY


def test_the_policy_drives_after_a_resume_only() -> None:
    rig = Rig()
    rig.run(100)
    assert rig.mode is Mode.HOLD
    assert rig.speed == 0.0
    assert rig.results[-1].tick.proposed[0] == 0.5
    rig.to_policy()
    assert rig.speed == pytest.approx(0.5)
    assert rig.results[-1].tick.obs_ns == rig.now.wall, "the observation's stamp to the nanosecond"


@pytest.mark.parametrize('source', ['robot', 'estop', 'monitor'])
def test_a_resume_is_refused_while_a_source_is_silent(source: str) -> None:
    rig = Rig()
    rig.run(100, without=(source,))
    ok, because = rig.arbiter.resume('test', rig.now)
    assert not ok
    assert 'not heard' in because


def test_a_resume_needs_something_proposed() -> None:
    rig = Rig()
    rig.run(100, without=('policy',))
    assert 'proposes nothing' in rig.arbiter.resume('test', rig.now)[1]


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


def test_a_takeover_from_claim_to_release_is_one_labelled_intervention() -> None:
    rig = Rig().to_policy()
    rig.command(Request.IDLE)
    assert rig.run().control.mode is Mode.HOLD
    assert rig.results[-1].control.phase is Phase.HANDOVER
    rig.run(50, each=lambda: rig.drive(0.5))
    assert rig.results[-1].control.phase is Phase.CORRECTION
    assert rig.speed == pytest.approx(0.4)
    rig.run(10, each=lambda: rig.drive(0.5, phase=Phase.RECOVERY))
    rig.command(Request.RELEASE, reason='stuck', outcome='success')
    rig.run(50)
    assert (rig.mode, rig.speed) == (Mode.HOLD, 0.0)
    ended = next(e for r in rig.results for e in r.events
                 if e.name is EventName.INTERVENTION_ENDED)
    assert (ended.values['reason'], ended.values['outcome']) == ('stuck', 'success')
    assert rig.events().count(EventName.INTERVENTION_PHASE) == 2
    assert rig.drive() is Refusal.OLD_EPOCH
    assert rig.arbiter.resume('test', rig.now)[0]
    rig.run(200)
    assert rig.speed == pytest.approx(0.5)
    assert rig.results[-1].control.phase is Phase.NONE


def test_a_resume_that_is_repeated_is_answered_once_and_claims_nothing() -> None:
    rig = Rig()
    rig.run(5, without=('policy',))
    for _ in range(3):
        rig.command(Request.RESUME, seq=1)
    result = rig.run()
    assert [e.name for e in result.events] == [EventName.RESUME_REFUSED]
    rig.run()
    rig.command(Request.RESUME, seq=2)
    assert rig.mode is Mode.POLICY


def test_after_a_handover_the_policy_must_have_looked_again() -> None:
    rig = Rig().to_human()
    stale = rig.now.wall
    rig.command(Request.RELEASE, reason='stuck', outcome='success')
    rig.sources['policy'] = lambda: rig.propose(stamp_ns=stale)
    rig.run(5)
    assert 'newer than the hand-over' in rig.arbiter.resume('test', rig.now)[1]


@pytest.mark.parametrize(('loss', 'event'), [
    (lambda rig: rig.run(25, each=lambda: rig.command(Request.IDLE)), None),
    (lambda rig: rig.run(25, each=lambda: rig.drive(0.5, deadman=False)),
     EventName.DEADMAN_TRIPPED),
    (lambda rig: rig.run(25), EventName.DEADMAN_TRIPPED)])
def test_losing_the_human_stops_within_half_a_second(loss: Callable[[Rig], object],
                                                     event: EventName | None) -> None:
    rig = Rig().to_human()
    assert rig.speed > 0.3
    loss(rig)
    assert rig.speed == 0.0
    assert event is None or event in rig.events()


def test_after_a_trip_driving_needs_neutral_and_a_fresh_press() -> None:
    rig = Rig().to_human()
    rig.run(25)
    assert rig.drive(0.5) is Refusal.NEUTRAL_NEEDED
    rig.run(10, each=lambda: rig.drive(0.5))
    assert rig.speed == 0.0
    rig.drive(0.0, deadman=False)
    assert rig.drive(0.5) is Refusal.NONE


def test_a_silent_relay_ends_the_intervention() -> None:
    rig = Rig().to_human()
    rig.run(200)
    assert rig.arbiter.authority.intervention is None
    assert EventName.INTERVENTION_ENDED in rig.events()


def test_anybody_may_stop_and_two_resumes_are_needed() -> None:
    rig = Rig().to_human()
    rig.arbiter.command(TeleopCommand(Request.STOP, 'bob'), rig.now)
    rig.run(25)
    assert (rig.mode, rig.speed) == (Mode.STOPPED, 0.0)
    assert rig.drive() is Refusal.OLD_EPOCH, 'a stop revokes the lease'
    assert rig.command(Request.IDLE, epoch=8, lease='L2') is Refusal.BLOCKED
    rig.arbiter.resume('bob', rig.now)
    assert rig.mode is Mode.HOLD
    rig.arbiter.resume('bob', rig.now)
    assert rig.mode is Mode.POLICY


def test_a_step_of_the_wall_clock_neither_replays_nor_holds() -> None:
    rig = Rig().to_policy()
    rig.run(5, without=('policy',))
    before = rig.results[-1].tick.proposed
    now = Now(rig.mono + TICK, rig.now.wall + 3600 * SECOND)
    assert rig.arbiter.tick(now).tick.proposed == before


def test_chunks_from_the_future_or_the_past_are_not_taken() -> None:
    rig = Rig()
    rig.run(3, without=('policy',))
    rig.propose(stamp_ns=rig.now.wall + SECOND)
    rig.propose(stamp_ns=rig.now.wall - 2 * SECOND)
    assert math.isnan(rig.run(without=('policy',)).tick.proposed[0])
    assert rig.arbiter.counts == {('policy_chunks_rejected_total', 'future'): 1,
                                  ('policy_chunks_rejected_total', 'old'): 1}


def test_joints_hold_where_they_were_found() -> None:
    rig = Rig()
    rig.run(50)
    output = rig.results[-1].output
    assert output is not None
    assert output.values[1] == pytest.approx(0.3)


def test_absolute_joint_commands_begin_aligned() -> None:
    rig = Rig()
    rig.run(5)
    rig.command(Request.IDLE)
    assert rig.command(Request.DRIVE, deadman=True, joints=(('elbow', 1.5),)) is Refusal.MISALIGNED
    assert rig.command(Request.DRIVE, deadman=True, joints=(('elbow', 0.35),)) is Refusal.NONE
    assert rig.command(Request.DRIVE, deadman=True, axes=(('wheel', 1.0),)) is Refusal.UNKNOWN_AXIS


class Story:
    """What can happen to an arbiter, in any order."""

    def __init__(self) -> None:
        self.rig = Rig()
        self.epoch = 7
        self.silent: tuple[str, ...] = ()
        self.rig.run(3)

    def tell(self, request: Request, **rest: object) -> Refusal:
        return self.rig.command(request, **{
            'epoch': self.epoch, 'lease': f'L{self.epoch}', 'axes': (('vx', 1.0),), **rest})

    def estop(self, pressed: bool) -> None:
        self.rig.sources['estop'] = lambda: self.rig.gates.estop(pressed, self.rig.mono)

    def verdict(self, ok: bool) -> None:
        self.rig.sources['monitor'] = lambda: self.rig.gates.verdict(Verdict(ok), self.rig.mono)

    def silence(self, *sources: str) -> None:
        self.silent = sources

    def newer_lease(self) -> None:
        self.epoch += 1


ACTIONS: dict[str, Callable[[Story], object]] = {
    'nothing': lambda s: None,
    'drive': lambda s: s.tell(Request.DRIVE, deadman=True),
    'neutral': lambda s: s.tell(Request.DRIVE, axes=()),
    'idle': lambda s: s.tell(Request.IDLE),
    'release': lambda s: s.tell(Request.RELEASE),
    'thief': lambda s: s.tell(Request.DRIVE, deadman=True, lease='stolen'),
    'reordered': lambda s: s.tell(Request.DRIVE, deadman=True, seq=0),
    'newer lease': lambda s: s.newer_lease(),
    'stop': lambda s: s.rig.arbiter.authority.stop('test', s.rig.mono),
    'resume': lambda s: s.rig.arbiter.resume('test', s.rig.now),
    'estop': lambda s: s.estop(True),
    'estop released': lambda s: s.estop(False),
    'alarm': lambda s: s.verdict(False),
    'content': lambda s: s.verdict(True),
    'native': lambda s: s.rig.gates.owner('native'),
    'ours': lambda s: s.rig.gates.owner('flywheel'),
    'robot silent': lambda s: s.silence('robot'),
    'all heard': lambda s: s.silence(),
}


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(list(ACTIONS)), st.integers(1, 20)), max_size=40))
def test_whatever_happens_only_the_right_one_moves_the_robot(plot: list[tuple[str, int]]) -> None:
    story = Story()
    rig = story.rig
    for what, ticks in plot:
        before = rig.mode
        ACTIONS[what](story)
        if rig.mode is Mode.POLICY and before is not Mode.POLICY:
            assert (what, before) == ('resume', Mode.HOLD)
        if before is Mode.STOPPED and rig.mode is not Mode.STOPPED:
            assert (what, rig.mode) == ('resume', Mode.HOLD)
        for _ in range(ticks):
            mode, speed = rig.mode, rig.speed
            after = rig.run(without=story.silent).control.mode
            assert after is not Mode.POLICY or mode is Mode.POLICY
            if after is not Mode.POLICY and not rig.arbiter.authority.driving:
                assert abs(rig.speed) <= max(0.0, abs(speed) - 6.0 * 0.02) + 1e-9


# --- what must not move the robot ---------------------------------------------------------------

def elbow(rig: Rig) -> float:
    output = rig.results[-1].output
    assert output is not None
    return output.values[1]


def robot_at(rig: Rig, place: float) -> None:
    rig.sources['robot'] = lambda: rig.arbiter.measured({'elbow': place}, rig.now)


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


@pytest.mark.parametrize('positions', [{}, {'wheel': 1.0}, {'elbow': math.nan}])
def test_a_joint_that_is_not_told_is_not_heard(positions: dict[str, float]) -> None:
    rig = Rig().to_policy()
    rig.sources['robot'] = lambda: rig.arbiter.measured(positions, rig.now)
    rig.run(30)
    assert (rig.mode, rig.arbiter.authority.gate) == (Mode.HOLD, Gate.ROBOT_SILENT)


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


def test_a_press_and_release_of_the_estop_between_two_ticks_stops() -> None:
    rig = Rig().to_policy()
    for pressed in (True, False):
        rig.gates.estop(pressed, rig.mono)
        rig.arbiter.authority.heed(rig.mono)
    assert rig.mode is Mode.STOPPED


def test_a_stop_at_a_late_loop_brakes_by_real_time() -> None:
    rig = Rig().to_policy()
    rig.arbiter.authority.stop('test', rig.mono)
    rig.mono += 6 * TICK
    rig.arbiter.tick(rig.now)
    assert rig.arbiter.motion.values[0] == 0.0


@pytest.mark.parametrize('axes_', [(('wheel', 1.0),), ()])
def test_a_stop_is_taken_whatever_else_it_says(axes_: tuple[tuple[str, float], ...]) -> None:
    rig = Rig()
    rig.run(5)
    assert rig.command(Request.STOP, axes=axes_, joints=(('elbow', 1.9),)) is Refusal.NONE
    assert rig.mode is Mode.STOPPED


def test_letting_go_counts_whatever_else_it_says() -> None:
    rig = Rig().to_human()
    rig.drive(deadman=False, joints=(('wheel', 1.0),))
    assert not rig.arbiter.authority.driving


def test_a_claim_with_the_deadman_held_moves_nothing() -> None:
    rig = Rig()
    rig.run(5)
    rig.command(Request.IDLE, seq=0)
    rig.run(20, each=lambda: rig.drive(0.5))
    assert (rig.speed, rig.arbiter.authority.idle_gate) == (0.0, Gate.HUMAN)
    rig.command(Request.IDLE)
    rig.run(20, each=lambda: rig.drive(0.5))
    assert rig.speed > 0.0
