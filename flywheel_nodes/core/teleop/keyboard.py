"""
A terminal's keyboard as controls of a robot.

A terminal tells when a key is pressed and never when it is let go. Key repeat stands in for the
deadman: without another press for HOLD_NS the drive key counts as released.
"""

from flywheel_nodes.core.clock import MILLISECOND
from flywheel_nodes.core.events import Outcome, Phase, Reason
from flywheel_nodes.core.words import Word

HOLD_NS = 250 * MILLISECOND
KEYS = ('t take over · w a s d or arrows drive · space STOP · r release · p policy · '
        'm mark recovery · q quit')
_ARROWS = {'\x1b[A': 'w', '\x1b[B': 's', '\x1b[D': 'a', '\x1b[C': 'd',
           '\x1bOA': 'w', '\x1bOB': 's', '\x1bOD': 'a', '\x1bOC': 'd'}
_DRIVE = {'w': ('vx', 1.0), 's': ('vx', -1.0), 'a': ('wz', 1.0), 'd': ('wz', -1.0)}
_REASONS = dict(zip('1234567890', Reason, strict=True))
_OUTCOMES = {str(outcome)[0]: outcome for outcome in Outcome}


class Act(Word):
    """What a key asks for."""

    TAKE_OVER = 'take_over'
    STOP = 'stop'
    RESUME = 'resume'
    MARK = 'mark'
    LET_GO = 'let_go'
    RELEASE = 'release'
    QUIT = 'quit'


_ACTS = {'t': Act.TAKE_OVER, ' ': Act.STOP, 'p': Act.RESUME, 'm': Act.MARK, 'q': Act.QUIT,
         '\x03': Act.QUIT, '\x04': Act.QUIT}


def keys(text: str) -> list[str]:
    """Return the keys in what the terminal sent; arrows become the letters they stand for."""
    found = []
    while text:
        arrow = _ARROWS.get(text[:3])
        found.append(arrow or text[0])
        text = text[3 if arrow else 1:]
    return found


class Keyboard:
    """Keys as they come; reason, outcome and phase hold what was chosen last."""

    def __init__(self, share: float) -> None:
        """
        Begin with nothing pressed.

        :param share: of each limit that a drive key asks for, in 0..1
        """
        self.reason = Reason.OTHER
        self.outcome = Outcome.UNKNOWN
        self.phase = Phase.CORRECTION
        self._share = share
        self._pressed: dict[str, int] = {}
        self._asking: type[Reason] | type[Outcome] | None = None

    @property
    def prompt(self) -> str:
        """What the operator is being asked, '' while driving is possible."""
        if self._asking is Reason:
            return 'why? ' + ' '.join(f'{key}:{word}' for key, word in _REASONS.items())
        if self._asking is Outcome:
            return 'outcome? ' + ' '.join(f'{key}:{word}' for key, word in _OUTCOMES.items())
        return ''

    def press(self, key: str, now_ns: int) -> Act | None:
        """Take a key; return what it asks for at once. Stop and quit work at any time."""
        act = _ACTS.get(key)
        if act in (Act.STOP, Act.QUIT):
            self._asking = None
            self._pressed.clear()
            return act
        if self._asking:
            return self._answer(key)
        if key in _DRIVE:
            self._pressed[key] = now_ns
        elif key == 'r':
            self._asking = Reason
            self._pressed.clear()
            return Act.LET_GO
        elif act is Act.MARK:
            marked = self.phase is Phase.RECOVERY
            self.phase = Phase.CORRECTION if marked else Phase.RECOVERY
        return act

    def _answer(self, key: str) -> Act | None:
        if key == '\x1b':
            self._asking = None
        elif self._asking is Reason and key in _REASONS:
            self.reason, self._asking = _REASONS[key], Outcome
        elif self._asking is Outcome and key in _OUTCOMES:
            self.outcome, self._asking = _OUTCOMES[key], None
            return Act.RELEASE
        return None

    def axes(self, now_ns: int) -> dict[str, float]:
        """Return the share of each axis that is asked for; {} when the deadman is released."""
        self._pressed = {key: at for key, at in self._pressed.items() if now_ns - at < HOLD_NS}
        wanted: dict[str, float] = {}
        for key in self._pressed:
            axis, sign = _DRIVE[key]
            wanted[axis] = wanted.get(axis, 0.0) + sign * self._share
        return wanted
