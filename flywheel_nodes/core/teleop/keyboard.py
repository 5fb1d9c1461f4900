"""
A terminal's keyboard as controls of a robot.

A terminal tells when a key is pressed and never when it is let go. Key repeat stands in for the
deadman: without another press for HOLD_NS the drive key counts as released.
"""

from collections.abc import Mapping
import re

from flywheel_nodes.core.clock import MILLISECOND
from flywheel_nodes.core.events import Outcome, Phase, Reason
from flywheel_nodes.core.words import Word

HOLD_NS = 250 * MILLISECOND
KEYS = ('t take over · w a s d or arrows drive · m mark recovery · r release',
        'space STOP · p policy · h I help · x no help needed · ? more · q quit')
MORE = ('p: the policy drives again; after a stop press it twice',
        'T: take the robot from whoever holds it (supervisors only)',
        'h: take care of the oldest request for help; x: nobody is needed',
        'm: mark what you do as recovery, again: as correction')
LONGEST_NOTE = 500
NO_LEASE = 'you hold no lease: t takes over'
_SEQUENCE = re.compile(r'\x1b\[[0-9;]*[A-Za-z~]|\x1bO[A-Za-z]|.', re.DOTALL)
_ARROWS = {'\x1b[A': 'w', '\x1b[B': 's', '\x1b[D': 'a', '\x1b[C': 'd',
           '\x1bOA': 'w', '\x1bOB': 's', '\x1bOD': 'a', '\x1bOC': 'd'}
_DRIVE = {'w': ('vx', 1.0), 's': ('vx', -1.0), 'a': ('wz', 1.0), 'd': ('wz', -1.0)}
_REASONS = dict(zip('1234567890', Reason, strict=True))
_OUTCOMES = {str(outcome)[0]: outcome for outcome in Outcome}
_PER_ROW = 4
_CELL = 18
_NAMES = {'\n': 'enter', '\r': 'enter', '\t': 'tab', '\x7f': 'backspace', '\x1b': 'esc'}


class Act(Word):
    """What a key asks for."""

    TAKE_OVER = 'take_over'
    STOP = 'stop'
    RESUME = 'resume'
    MARK = 'mark'
    LET_GO = 'let_go'
    RELEASE = 'release'
    TAKE = 'take'
    ACCEPT = 'accept'
    DISMISS = 'dismiss'
    HELP = 'help'
    QUIT = 'quit'


_ACTS = {'t': Act.TAKE_OVER, 'T': Act.TAKE, ' ': Act.STOP, 'p': Act.RESUME, 'm': Act.MARK,
         'h': Act.ACCEPT, 'x': Act.DISMISS, '?': Act.HELP, 'q': Act.QUIT, '\x03': Act.QUIT,
         '\x04': Act.QUIT}
_QUITS = ('\x03', '\x04')


def keys(text: str) -> list[str]:
    """Return the keys in what the terminal sent; arrows become the letters they stand for."""
    return [_ARROWS.get(key, key) for key in _SEQUENCE.findall(text)]


class Asking(Word):
    """What the operator is being asked before a release."""

    NOTHING = ''
    REASON = 'why?'
    OUTCOME = 'outcome?'
    NOTE = 'note?'


def _rows(words: Mapping[str, str]) -> str:
    cells = [f'{key}:{word}'.ljust(_CELL) for key, word in words.items()]
    rows = (cells[i:i + _PER_ROW] for i in range(0, len(cells), _PER_ROW))
    return '\n'.join('  ' + ''.join(row).rstrip() for row in rows)


def _name(key: str) -> str:
    return _NAMES.get(key) or (key if key.isprintable() else 'that key')


class Keyboard:
    """
    Keys as they come; reason, outcome, note and phase hold what was chosen last.

    hint: why the newest key did nothing, '' when it did something.
    """

    def __init__(self, share: float) -> None:
        """
        Begin with nothing pressed.

        :param share: of each limit that a drive key asks for, in 0..1
        """
        self.reason = Reason.OTHER
        self.outcome = Outcome.UNKNOWN
        self.phase = Phase.CORRECTION
        self.note = ''
        self.hint = ''
        self._held = False
        self._share = share
        self._pressed: dict[str, int] = {}
        self._asking = Asking.NOTHING

    @property
    def prompt(self) -> str:
        """What the operator is being asked, in several lines; '' while driving is possible."""
        match self._asking:
            case Asking.NOTHING:
                return ''
            case Asking.NOTE:
                return (f'{self.question} {self.note}_\n'
                        '  enter: release   esc: back (then space stops)')
        words = _REASONS if self._asking is Asking.REASON else _OUTCOMES
        return f'{self.question} press a key\n{_rows(words)}\n  esc: back'

    @property
    def question(self) -> str:
        """What the operator is being asked, in a word; '' while driving is possible."""
        return str(self._asking)

    @property
    def typing(self) -> bool:
        """Whether keys are text: the robot is held and a blank is a blank."""
        return self._asking is Asking.NOTE

    def lease(self, held: bool) -> None:
        """Hear whether the operator holds the lease: without it there is nothing to release."""
        if held and not self._held:
            self.phase = Phase.CORRECTION  # each intervention begins unmarked
        self._held = held
        if not held:
            self._asking = Asking.NOTHING

    def press(self, key: str, now_ns: int) -> Act | None:
        """Take a key; return what it asks for at once. Only a note takes space and q as text."""
        act = _ACTS.get(key)
        self.hint = ''
        if self.typing and key not in _QUITS:
            return self._type(key)
        if act in (Act.STOP, Act.QUIT):
            self._asking = Asking.NOTHING
            self._pressed.clear()
            return act
        if self._asking:
            self._answer(key)
            return None
        if key in _DRIVE or key == 'r' or act is Act.MARK:
            return self._handle(key, now_ns)
        if act is None and key != '\x1b':
            self.hint = f'{_name(key)} means nothing here; ? shows the keys'
        return act

    def _handle(self, key: str, now_ns: int) -> Act | None:
        """Take a key that only means something to who holds the lease."""
        if not self._held:
            self.hint = NO_LEASE
        elif key == 'r':
            self._asking = Asking.REASON
            self._pressed.clear()
            return Act.LET_GO
        elif key == 'm':
            marked = self.phase is Phase.RECOVERY
            self.phase = Phase.CORRECTION if marked else Phase.RECOVERY
            return Act.MARK
        else:
            self._pressed[key] = now_ns
        return None

    def _answer(self, key: str) -> None:
        if key == '\x1b':
            self._back()
        elif self._asking is Asking.REASON and key in _REASONS:
            self.reason, self._asking = _REASONS[key], Asking.OUTCOME
        elif self._asking is Asking.OUTCOME and key in _OUTCOMES:
            self.outcome, self._asking, self.note = _OUTCOMES[key], Asking.NOTE, ''
        else:
            self.hint = f'{_name(key)} means nothing here: press one of the keys above, or esc'

    def _back(self) -> None:
        self._asking, self.hint = Asking.NOTHING, 'not released: the robot is still yours'

    def _type(self, key: str) -> Act | None:
        """Take a key of a note."""
        if key in ('\n', '\r'):
            self._asking = Asking.NOTHING
            return Act.RELEASE
        if key == '\x1b':
            self._back()
        elif key == '\x7f':
            self.note = self.note[:-1]
        elif key.isprintable():
            self.note = (self.note + key)[:LONGEST_NOTE]
        return None

    def axes(self, now_ns: int) -> dict[str, float]:
        """Return the share of each axis that is asked for; {} when the deadman is released."""
        self._pressed = {key: at for key, at in self._pressed.items() if now_ns - at < HOLD_NS}
        wanted: dict[str, float] = {}
        for key in self._pressed:
            axis, sign = _DRIVE[key]
            wanted[axis] = wanted.get(axis, 0.0) + sign * self._share
        return wanted
