"""Whatever happens, in whatever order, only the right one moves the robot."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from flywheel_nodes.core.control import Mode, Request, Verdict
from flywheel_nodes.core.driving.session import Refusal
from test.core.driving.rig import Rig


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
