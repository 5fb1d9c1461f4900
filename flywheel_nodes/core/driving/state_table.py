"""
What each input does in each state, found by trying it: the table of docs/control-states.md.

The table is made by the state machine itself, so that it cannot say anything else.
"""

from collections.abc import Callable, Mapping

from flywheel_nodes.core.clock import MILLISECOND, SECOND
from flywheel_nodes.core.config import ArbiterConfig
from flywheel_nodes.core.control import Gate, Request, Sight, TeleopCommand, Verdict
from flywheel_nodes.core.driving.authority import Authority
from flywheel_nodes.core.driving.gates import Gates

STEP_NS = 20 * MILLISECOND
LEASE, EPOCH = 'lease', 5


class Trial:
    """An authority whose robot, monitor and operator are well, until somebody falls silent."""

    def __init__(self) -> None:
        """Begin in HOLD, with everybody heard and an earlier lease over."""
        config = ArbiterConfig()
        self.gates = Gates(config, has_estop=True)
        self.authority = Authority(config, self.gates, lambda: 'intervention')
        self.now = 10 * SECOND
        self.seq = 0
        self.refusal = ''
        self.verdict, self.pressed = True, False
        self.holds_deadman = False
        self.frozen_ns = 0
        self.wait(0.1).tell(Request.IDLE, epoch=EPOCH - 1).tell(Request.RELEASE, epoch=EPOCH - 1)

    def wait(self, seconds: float, without: str = '') -> 'Trial':
        """Let time pass, while everybody but one is heard."""
        for _ in range(round(seconds * SECOND / STEP_NS)):
            self.now += STEP_NS
            if without != 'robot':
                self.gates.robot_heard(self.now)
            if without != 'estop':
                self.gates.estop(self.pressed, self.now)
            if without != 'monitor':
                self.gates.verdict(Verdict(self.verdict), self.now)
            if self.holds_deadman and without != 'operator':
                self.drive()
            self.authority.tick(self.now)
        return self

    def tell(self, request: Request, **rest: object) -> 'Trial':
        """Send a command under the lease; a refusal is kept."""
        self.seq += 1
        fields = {'operator': 'ada', 'lease': LEASE, 'epoch': EPOCH, 'seq': self.seq,
                  't_client_ns': self.now, **rest}
        self.refusal = self.authority.command(
            TeleopCommand(request, **fields), self.now)  # type: ignore[arg-type]
        return self

    def drive(self, **rest: object) -> 'Trial':
        """Send a command with the deadman held, the stick pushed and a fresh frame displayed."""
        return self.tell(Request.DRIVE, **{
            'deadman': True, 'axes': (('vx', 0.5),), 'seen_ns': self.frozen_ns or self.now,
            **rest})

    def resume(self) -> 'Trial':
        """Ask for a resume while the policy proposes something new."""
        good, because = self.authority.resume('ada', self.now, self.now + 1)
        self.refusal = '' if good else because
        return self

    def human(self) -> 'Trial':
        """Have a human drive."""
        self.tell(Request.IDLE).drive()
        self.holds_deadman = True
        return self.wait(0.1)

    def freeze(self) -> 'Trial':
        """Have the operator's video freeze for longer than is allowed, and press on."""
        self.frozen_ns = self.now
        return self.wait(0.6).drive()

    def claim_by(self, sight: Sight) -> 'Trial':
        """Begin with a newer lease, neutral sticks and no frame on display, then press."""
        newer = {'lease': 'newer', 'epoch': 9, 'sight': sight, 'seen_ns': 0}
        return self.tell(Request.IDLE, **newer).drive(**newer)

    def let_go(self) -> 'Trial':
        """Have the operator let go of deadman and stick."""
        self.holds_deadman = False
        return self.tell(Request.DRIVE)

    def change(self, **words: bool) -> 'Trial':
        """Change what robot or monitor say, and let it be heard."""
        for name, value in words.items():
            setattr(self, name, value)
        return self.wait(0.1)

    def owner(self, owner: str) -> 'Trial':
        """Have somebody else drive the robot."""
        self.gates.owner(owner)
        return self.wait(0.1)

    def rival(self) -> 'Trial':
        """Have somebody else publish to the robot."""
        self.authority.competing('robot/cmd_vel', ('/rival',), self.now)
        return self.wait(0.1)

    def pause(self) -> 'Trial':
        """Have the arbiter itself stand still."""
        self.authority.paused(self.now)
        return self

    def stop(self) -> 'Trial':
        """Have somebody without a lease stop the robot."""
        return self.tell(Request.STOP, operator='bob', lease='', epoch=0)

    @property
    def outcome(self) -> str:
        """The state in words, with what keeps its controller from driving, and any refusal."""
        mode, gate = self.authority.mode, self.authority.idle_gate
        words = str(mode) if gate is Gate.NONE else f'{mode} ({gate})'
        return f'{words}, refused: {self.refusal}' if self.refusal else words


STATES: Mapping[str, Callable[[], Trial]] = {
    'HOLD': Trial,
    'HOLD, claimed': lambda: Trial().tell(Request.IDLE),
    'HUMAN': lambda: Trial().human(),
    'HUMAN, let go': lambda: Trial().human().let_go(),
    'POLICY': lambda: Trial().resume(),
    'STOPPED': lambda: Trial().stop(),
}

INPUTS: Mapping[str, Callable[[Trial], Trial]] = {
    'nothing for 0.1 s': lambda t: t.wait(0.1),
    'resume': Trial.resume,
    'stop by anybody': Trial.stop,
    'claim with a newer lease': lambda t: t.tell(Request.IDLE, lease='newer', epoch=9, seq=0),
    'idle of the lease holder': lambda t: t.tell(Request.IDLE),
    'deadman pressed': Trial.drive,
    'deadman let go, sticks neutral': Trial.let_go,
    'deadman let go, stick pushed': lambda t: t.drive(deadman=False),
    'release': lambda t: t.tell(Request.RELEASE),
    'command of an older lease': lambda t: t.drive(epoch=EPOCH - 1),
    'command with the epoch but not the lease': lambda t: t.drive(lease='guessed'),
    'command with an old number': lambda t: t.drive(seq=0),
    "command after a jump of the client's clock": lambda t: t.drive(t_client_ns=0),
    'command with a frame from the future': lambda t: t.drive(seen_ns=t.now + SECOND),
    'the displayed video freezes for 0.6 s': Trial.freeze,
    'claim by video, press without a frame': lambda t: t.claim_by(Sight.VIDEO),
    'claim by direct sight, press without a frame': lambda t: t.claim_by(Sight.DIRECT),
    'commands stop for 0.3 s': lambda t: t.wait(0.3, without='operator'),
    'the relay is silent for 4 s': lambda t: t.wait(4.0, without='operator'),
    'the monitor alarms': lambda t: t.change(verdict=False),
    'the monitor is silent for 0.4 s': lambda t: t.wait(0.4, without='monitor'),
    'the robot is silent for 0.4 s': lambda t: t.wait(0.4, without='robot'),
    'emergency stop pressed': lambda t: t.change(pressed=True),
    'emergency stop not heard for 1.2 s': lambda t: t.wait(1.2, without='estop'),
    'a pendant takes the robot': lambda t: t.owner('native'),
    'the robot does not take commands': lambda t: t.owner('unknown'),
    'another publisher': Trial.rival,
    'the arbiter stood still': Trial.pause,
}


def outcome(state: str, what: str) -> Trial:
    """Return what comes of an input in a state."""
    trial = STATES[state]()
    trial.refusal = ''
    return INPUTS[what](trial)


def rows() -> list[tuple[str, ...]]:
    """Return a row for each input: its name, then what it does in each state."""
    return [(what, *(outcome(state, what).outcome for state in STATES)) for what in INPUTS]
