"""The operator's terminal as lines: what is so now above, what happened below, keys at the end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.control import Gate, Mode, Sight
from flywheel_nodes.core.drawing import Line, Span
from flywheel_nodes.core.teleop.answers import CameraLatency, HelpRequest, State
from flywheel_nodes.core.teleop.keyboard import KEYS
from flywheel_nodes.core.teleop.status import why
from flywheel_nodes.core.text_table import cut
from flywheel_nodes.core.wording import count, printable

LABEL = 9
LEAST_LOG = 3
RULE = '─'

# What keeps a human's commands from the robot, and what to do about it.
GATES = {
    Gate.DEADMAN: 'nobody drives: press w a s d',
    Gate.COMMAND_LATE: 'your commands come late',
    Gate.NEUTRAL_NEEDED: 'let go of all keys once',
    Gate.VIDEO_LATE: 'the picture is too old to drive by',
    Gate.NO_VIDEO: 'you claimed by video and watch none',
    Gate.DIRECT_SIGHT: 'this robot is driven by camera only',
    Gate.ROBOT_SILENT: 'the robot is not heard',
    Gate.NATIVE: 'somebody drives with a pendant or remote',
    Gate.COMPETING: 'somebody else publishes to the robot',
}


# These tell of a press, also one that came to nothing, so that the robot is held still.
_PRESSED = (Gate.NEUTRAL_NEEDED, Gate.COMMAND_LATE, Gate.VIDEO_LATE, Gate.NO_VIDEO,
            Gate.DIRECT_SIGHT)
_SIGHT = {
    Sight.DIRECT: ('direct: drive only while you see the robot with your own eyes', 'mark'),
    Sight.VIDEO: ('video: this terminal shows none, so that you cannot drive from here', 'hold'),
}


@dataclass(frozen=True)
class Shown:
    """
    What the terminal shows.

    phase: as marked here, '' without the lease; share: of each limit a drive key asks for; log:
    what happened, oldest first; prompt: what the operator is asked, '' for nothing; clock: the
    time on this machine; sight: how the operator has declared to see the robot.
    """

    robot: str
    operator: str
    scope: str
    state: State
    share: float = 0.5
    phase: str = ''
    round_trip_s: float | None = None
    cameras: Sequence[CameraLatency] = ()
    help: Sequence[HelpRequest] = ()
    log: Sequence[str] = field(default=())
    prompt: str = ''
    clock: str = ''
    sight: Sight = Sight.DIRECT


def panel(shown: Shown, width: int, height: int) -> list[Line]:
    """Return exactly height lines, none wider than width."""
    head = [_title(shown, width), *_facts(shown), (Span(RULE * width, 'dim'),)]
    foot = [(Span(RULE * width, 'dim'),), *_foot(shown)]
    room = max(LEAST_LOG, height - len(head) - len(foot))
    log = [line for entry in shown.log[-room:] for line in _wrapped(entry, width)]
    lines = [*head, *_filled(log[-room:], room), *foot]
    if len(lines) > height:  # too low a window: what is so stays, what is asked, then keys
        kept = max(0, height - len(foot)) if shown.prompt else height
        lines = [*lines[:kept], *foot][:height]
    return [_cut(line, width) for line in lines]


def _title(shown: Shown, width: int) -> Line:
    left = printable(f'flywheel  {shown.robot}  {shown.operator} ({shown.scope})')
    gap = max(1, width - len(left) - len(shown.clock))
    return (Span(left, 'bold'), Span(' ' * gap), Span(shown.clock, 'dim'))


def _facts(shown: Shown) -> list[Line]:
    state = shown.state
    style = state.mode if state.mode in tuple(Mode) else 'bad'
    mode = (Span(printable(state.mode.upper()).ljust(LABEL), style), Span(printable(why(state))))
    rows = [mode, _row('drives', *_drives(shown)), _row('monitor', *_monitor(state)),
            _row('speed', _speed(state)), _row('sight', *_SIGHT[shown.sight]),
            _row('limit', *_limit(shown)),
            _row('latency', _latency(shown))]
    calls = [_request(one, state.time_ns) for one in shown.help]
    return [*rows, *(calls or [_row('help', 'nobody is needed', 'dim')])]


def _row(label: str, text: str, style: str = '') -> Line:
    return (Span(label.ljust(LABEL), 'dim'), Span(printable(text), style))


def _drives(shown: Shown) -> tuple[str, str]:
    """Say whose the robot is, and why a human who has it does not move it."""
    state = shown.state
    who = f'you, {shown.phase}' if shown.phase else state.holder
    if not who:
        return ('nobody has taken over', '')
    pressed = state.mode == Mode.HUMAN or state.gate in _PRESSED
    gate = state.gate if pressed and state.gate != Gate.NONE else ''
    if not gate:
        return (who, '')
    advice = GATES.get(Gate(gate)) if gate in tuple(Gate) else None
    return (f'{who} · {gate}' + (f': {advice}' if advice and shown.phase else ''), 'hold')


def _monitor(state: State) -> tuple[str, str]:
    alarms = f': {", ".join(state.alarms)}' if state.alarms else ''
    return (state.monitor + alarms, '' if state.monitor == 'ok' else 'bad')


def _speed(state: State) -> str:
    if state.vx is None:
        return 'unknown'
    aside = f'  {state.vy:+.2f} m/s aside' if state.vy and abs(state.vy) >= 0.005 else ''
    return f'{state.vx:+.2f} m/s{aside}  {state.wz or 0.0:+.2f} rad/s'


def _limit(shown: Shown) -> tuple[str, str]:
    """Say how fast a human may drive, and why no faster."""
    keys = f'keys ask for {shown.share:.0%}'
    cap, age = shown.state.cap, shown.state.frame_age
    if cap is None or cap >= 1.0:
        return (keys, '')
    because = 'no camera frame is on display' if age is None else \
        f'the picture is {1000 * age:.0f} ms old'
    return (f'{keys}, capped at {cap:.0%}: {because}', 'hold')


def _latency(shown: Shown) -> str:
    trip = 'unknown' if shown.round_trip_s is None else f'{1000 * shown.round_trip_s:.0f} ms'
    parts = [f'round trip {trip}']
    for one in shown.cameras[:1]:
        parts.append(f'{one.camera} {one.age_ms:.0f} ms = network {one.network_ms:.0f} + relay '
                     f'{one.relay_ms:.0f} + encode {one.encode_ms:.0f} + display '
                     f'{one.display_ms:.0f}')
    return ' · '.join(parts)


def _request(one: HelpRequest, now_ns: int) -> Line:
    age = max(0, now_ns - one.time_ns) // SECOND
    who = f'{one.operator} takes care' if one.operator else 'h accepts, x dismisses'
    picture = ' · with a picture' if one.picture else ''
    return (Span('help'.ljust(LABEL), 'dim'),
            Span(printable(f'{one.sentence} · {count(age, "second")} ago{picture} · {who}'),
                 '' if one.operator else 'mark'))


def _foot(shown: Shown) -> list[Line]:
    if shown.prompt:
        return [(Span(printable(line), 'bold'),) for line in shown.prompt.splitlines()]
    return [(Span(line, 'dim'),) for line in KEYS]


def _wrapped(entry: str, width: int) -> Iterable[str]:
    """Return an entry in as many lines as it takes, those after the first set in."""
    text, indent = printable(entry), ' ' * LABEL
    yield text[:width]
    rest, room = text[width:], max(1, width - LABEL)
    for start in range(0, len(rest), room):
        yield indent + rest[start:start + room]


def _filled(texts: Sequence[str], room: int) -> list[Line]:
    return [*((Span(text),) for text in texts), *[()] * (room - len(texts))]


def _cut(line: Line, width: int) -> Line:
    spans, left = [], width
    for text, style in line:
        shown = cut(text, left, '…')
        if shown:
            spans.append(Span(shown, style))
        left -= len(shown)
    return tuple(spans)
