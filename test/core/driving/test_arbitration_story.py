"""Whatever happens, in whatever order, only the right one moves the robot, within its limits."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, RuleBasedStateMachine

from flywheel_nodes.core.clock import MILLISECOND, SECOND
from flywheel_nodes.core.control import Mode, Request, Verdict
from flywheel_nodes.core.driving.session import Refusal
from test.core.driving.rig import Rig, ROBOT, TICK

VX, ELBOW = ROBOT.base[0], ROBOT.joints[0]
DT = TICK / SECOND
TINY = 1e-6


class Story(RuleBasedStateMachine):
    """
    What can happen to an arbiter, in any order.

    good_ns: when somebody last moved the robot rightly (the policy after a resume, or a command
    that the arbiter took from the lease holder), or when the last source fell silent.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rig = Rig()
        self.epoch = 7
        self.silent: set[str] = set()
        self.pressed = self.native = self.alarm = False
        self.resumed = False
        self.good_ns = 0
        self.frozen_ns = 0
        self.rate = 0.0
        self.speed, self.acceleration, self.driven = 0.0, 0.0, False
        self.rig.run(3)

    # --- what every tick must keep ---------------------------------------------------------------

    def tick(self, ticks: int, drive: bool = False) -> None:
        for _ in range(ticks):
            before, values = self.rig.mode, self.rig.arbiter.motion.values
            taken = drive and self.tell(Request.DRIVE, deadman=True) is Refusal.NONE
            self.rig.run(without=tuple(self.silent))
            self.check_mode(before)
            self.note_good(taken)
            self.check_stopped()
            self.check_limits(values)

    def check_mode(self, before: Mode) -> None:
        mode = self.rig.mode
        if mode is not before:
            assert before is not Mode.STOPPED, 'only a resume leaves STOPPED'
            assert mode is not Mode.POLICY, 'nothing returns to the policy by itself'
        if mode is not Mode.POLICY:
            self.resumed = False
        assert mode is not Mode.POLICY or self.resumed

    def note_good(self, taken: bool) -> None:
        well = not ('robot' in self.silent or self.pressed or self.native)
        policy = self.rig.mode is Mode.POLICY and 'monitor' not in self.silent and not self.alarm
        if well and (taken or policy):
            self.good_ns = self.rig.mono

    def check_stopped(self) -> None:
        if self.rig.mono - self.good_ns >= ROBOT.stop_bound * SECOND:
            assert self.rig.speed == 0.0

    def check_limits(self, before: tuple[float, ...]) -> None:
        output = self.rig.results[-1].output
        assert output is not None
        rate = (output.values[0] - before[0]) / DT
        moved = abs(output.values[1] - before[1])
        assert abs(output.values[0]) <= VX.velocity + TINY
        assert ELBOW.lower <= output.values[1] <= ELBOW.upper
        assert moved <= ELBOW.velocity * DT + TINY
        self.check_joint(output.speeds[1])
        if self.rig.mode is Mode.POLICY or self.rig.arbiter.authority.driving:
            assert abs(rate) <= VX.acceleration + TINY
            assert abs(rate - self.rate) <= VX.jerk * DT + 1e-3
            self.rate = rate
        else:
            assert abs(rate) <= VX.stop_deceleration + TINY
            assert abs(output.values[0]) <= abs(before[0]) + TINY, 'a stop never speeds up'
            self.rate = 0.0

    def check_joint(self, speed: float) -> None:
        before, held = self.speed, self.acceleration
        self.speed, self.acceleration = speed, (speed - before) / DT
        if self.rig.arbiter.authority.driving and self.driven:
            assert abs(self.acceleration) <= ELBOW.acceleration + TINY
            assert abs(self.acceleration - held) <= ELBOW.jerk * DT + TINY
        self.driven = self.rig.arbiter.authority.driving

    # --- the lease holder ------------------------------------------------------------------------

    def tell(self, request: Request, **rest: object) -> Refusal:
        return self.rig.command(request, **{
            'epoch': self.epoch, 'lease': f'L{self.epoch}', 'axes': (('vx', 1.0),),
            'seen_ns': self.frozen_ns, **rest})

    @rule(ticks=st.integers(1, 30))
    def time_passes(self, ticks: int) -> None:
        self.tick(ticks)

    @rule(ticks=st.integers(1, 30))
    def drive(self, ticks: int) -> None:
        self.tick(ticks, drive=True)

    @rule(share=st.sampled_from([0.0, 0.7]))
    def let_go(self, share: float) -> None:
        self.tell(Request.DRIVE, axes=(('vx', share),))
        self.tick(1)

    @rule()
    def idle(self) -> None:
        self.tell(Request.IDLE)
        self.tick(1)

    @rule()
    def release(self) -> None:
        self.tell(Request.RELEASE)
        self.tick(1)

    @rule(place=st.floats(-3.0, 3.0))
    def place_a_joint(self, place: float) -> None:
        refusal = self.tell(Request.DRIVE, deadman=True, joints=(('elbow', place),))
        self.note_good(refusal is Refusal.NONE)
        self.tick(1)

    @rule()
    def video_freezes(self) -> None:
        self.frozen_ns = self.rig.mono

    # --- everybody else --------------------------------------------------------------------------

    @rule()
    def newer_lease(self) -> None:
        self.epoch += 1
        self.frozen_ns = 0

    @rule(what=st.sampled_from(['old epoch', 'stolen', 'replayed', 'wrapped', 'future', 'clock']))
    def intrude(self, what: str) -> None:
        fields: dict[str, object] = {
            'old epoch': {'epoch': self.epoch - 1, 'lease': f'L{self.epoch - 1}'},
            'stolen': {'lease': 'stolen', 'operator': 'eve'},
            'replayed': {'seq': max(0, self.rig.arbiter.authority.seq)},
            'wrapped': {'seq': 0},
            'future': {'seen_ns': self.rig.mono + SECOND},
            'clock': {'t_client_ns': self.rig.mono + 10 * SECOND}}[what]
        if self.rig.arbiter.authority.epoch != self.epoch:
            return  # that lease was not taken up: the relay alone knows whose it is
        drove = self.rig.arbiter.authority.driving
        refusal = self.tell(Request.DRIVE, deadman=True, **fields)
        assert refusal is not Refusal.NONE or what == 'clock'
        self.note_good(refusal is Refusal.NONE)  # the first press of a client, whatever its clock
        assert drove or refusal is Refusal.NONE or not self.rig.arbiter.authority.driving

    @rule()
    def stop(self) -> None:
        self.rig.arbiter.authority.stop('test', self.rig.mono)
        assert self.rig.mode is Mode.STOPPED

    @rule()
    def resume(self) -> None:
        before = self.rig.mode
        good, _ = self.rig.arbiter.resume('test', self.rig.now)
        self.resumed = self.resumed or self.rig.mode is Mode.POLICY
        if good:
            after = Mode.HOLD if before is Mode.STOPPED else Mode.POLICY
            assert self.rig.mode is after
        else:
            assert self.rig.mode is before

    @rule(pressed=st.booleans())
    def estop(self, pressed: bool) -> None:
        self.pressed = pressed
        self.rig.sources['estop'] = lambda: self.rig.gates.estop(pressed, self.rig.mono)

    @rule(alarm=st.booleans())
    def verdict(self, alarm: bool) -> None:
        self.alarm = alarm
        self.rig.sources['monitor'] = lambda: self.rig.gates.verdict(
            Verdict(not alarm), self.rig.mono)

    @rule(native=st.booleans())
    def owner(self, native: bool) -> None:
        self.native = native
        self.rig.gates.owner('native' if native else 'flywheel')

    @rule(source=st.sampled_from(['robot', 'monitor', 'policy']))
    def falls_silent(self, source: str) -> None:
        if source not in self.silent:
            self.good_ns = self.rig.mono
        self.silent.add(source)

    @precondition(lambda self: self.silent)
    @rule()
    def all_are_heard(self) -> None:
        self.silent.clear()

    @rule(nodes=st.sampled_from([(), ('/evil',)]))
    def rival(self, nodes: tuple[str, ...]) -> None:
        self.rig.arbiter.authority.competing('/robot/cmd_vel', nodes, self.rig.mono)

    @rule(late=st.integers(400, 3000))
    def the_arbiter_stands_still(self, late: int) -> None:
        self.rig.mono += late * MILLISECOND
        self.rig.run(without=tuple(self.silent))
        assert self.rig.speed == 0.0, 'the adapter has stopped the robot meanwhile'
        assert self.rig.mode in (Mode.HOLD, Mode.STOPPED)
        self.resumed, self.rate, self.speed, self.driven = False, 0.0, 0.0, False


TestStory = Story.TestCase
TestStory.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
