"""An arbiter under test, driven by a clock of its own."""

from collections.abc import Callable
from itertools import count

from flywheel_nodes.core.clock import MILLISECOND, Now, SECOND
from flywheel_nodes.core.config import ArbiterConfig
from flywheel_nodes.core.control import Mode, Request, Sight, TeleopCommand, Verdict
from flywheel_nodes.core.driving.arbitration import Arbiter, Result
from flywheel_nodes.core.driving.authority import Authority
from flywheel_nodes.core.driving.axes import axes
from flywheel_nodes.core.driving.chunks import Chunk
from flywheel_nodes.core.driving.gates import Gates
from flywheel_nodes.core.driving.session import Refusal
from flywheel_nodes.core.events import EventName
from flywheel_nodes.core.robot import BaseAxis, Joint, Robot

ROBOT = Robot('test', 'sim', 'm', 'e', (BaseAxis('vx', 0.8, 1.0, 6.0),),
              (Joint('elbow', -2.0, 2.0, 1.5, 6.0, 12.0, 60.0),))
TICK = 20 * MILLISECOND
WALL = 1_790_000_000 * SECOND


class Rig:
    """An arbiter with a clock, a robot that answers, a content monitor and a policy."""

    def __init__(self, restarted: bool = False, sight: Sight = Sight.DIRECT) -> None:
        self.sight = sight
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
                  't_client_ns': self.mono, 'sight': self.sight, **rest}
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


def elbow(rig: Rig) -> float:
    output = rig.results[-1].output
    assert output is not None
    return output.values[1]


def robot_at(rig: Rig, place: float) -> None:
    rig.sources['robot'] = lambda: rig.arbiter.measured({'elbow': place}, rig.now)
