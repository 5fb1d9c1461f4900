"""Whole snippets on the disk, with a story in them, for tests of what reads them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from flywheel_nodes.core.control import Control, Gate, Mode, PolicyInfo
from flywheel_nodes.core.events import EventName, Phase
from flywheel_nodes.core.recording.label import (
    EventInfo,
    InterventionInfo,
    Label,
    Moment,
    Segment,
    TriggerInfo,
    WindowInfo,
)
from flywheel_nodes.core.recording.latched import Held
from flywheel_nodes.core.recording.ring import Record
from flywheel_nodes.core.wire import control_to_status, Status
from flywheel_nodes.effects.recording.snippet_file import End, SnippetFile, Start
from flywheel_nodes.effects.recording.snippet_folder import Form, SnippetRoot
from test.effects.recording.snippets import (
    joint_state,
    label,
    MONO,
    record,
    SOURCES,
    text,
    tick,
    Topic,
    TYPES,
    WALL,
)

SECOND = 10**9
CONTROL = 8
ALL = {**SOURCES, 9: Topic('/r1/flywheel/ticks', 'std_msgs/msg/Float64MultiArray'),
       CONTROL: Topic('/r1/flywheel/control', 'diagnostic_msgs/msg/DiagnosticArray')}


def control(since_ns: int, mode: Mode, phase: Phase = Phase.NONE) -> Record:
    """Return a report of control."""
    status = control_to_status(Control(mode, Gate.NONE, 'because', phase))
    return record(since_ns, diagnostics(since_ns, [status]), CONTROL)


def diagnostics(since_ns: int, statuses: Sequence[Status]) -> bytes:
    """Return a serialized DiagnosticArray."""
    time, header, array, status, pair = (TYPES.types[name] for name in (
        'builtin_interfaces/msg/Time', 'std_msgs/msg/Header',
        'diagnostic_msgs/msg/DiagnosticArray', 'diagnostic_msgs/msg/DiagnosticStatus',
        'diagnostic_msgs/msg/KeyValue'))
    stamp = time(*divmod(WALL + since_ns, SECOND))
    return bytes(TYPES.serialize_cdr(array(header(stamp, ''), [
        status(one.level, one.name, one.message, one.hardware_id,
               [pair(*both) for both in one.values]) for one in statuses]),
        'diagnostic_msgs/msg/DiagnosticArray'))


def story(first_s: float = -2.0, last_s: float = 2.0) -> list[Record]:
    """Return what came from before the trigger to after it: 100 Hz of state, ticks, control."""
    start, end = int(first_s * SECOND), int(last_s * SECOND)
    found = [record(at, joint_state(1000 + at // 10**7), sequence=1000 + at // 10**7)
             for at in range(start, end, 10**7)]
    found += [tick(number) for number in range(50)]
    found += [control(max(start, at), *how) for at, how in (
        (-2 * SECOND, (Mode.POLICY,)), (0, (Mode.HOLD,)),
        (SECOND // 5, (Mode.HUMAN, Phase.CORRECTION)), (3 * SECOND // 2, (Mode.POLICY,)))]
    return sorted(found, key=lambda one: one.mono_ns)


def told(number: int, first_s: float = -2.0, last_s: float = 2.0) -> Label:
    """Return the label of that story; number tells snippets and their triggers apart."""
    def event(at: float, name: EventName, identifier: str) -> EventInfo:
        since = int(at * SECOND)
        return EventInfo(identifier, str(name), 'warn', f'{name} is so', 'arbiter', WALL + since,
                         MONO + since, {'intervention': 'i'})

    def moment(at: float) -> Moment:
        return Moment(WALL + int(at * SECOND), MONO + int(at * SECOND))

    segments = tuple(Segment(mode, phase, 'none', WALL + a, WALL + b) for mode, phase, a, b in (
        ('policy', 'pre_intervention', -2 * SECOND, 0),
        ('hold', 'handover', 0, SECOND // 5),
        ('human', 'correction', SECOND // 5, 3 * SECOND // 2)))
    return replace(
        label(number), policy=PolicyInfo('flawed', '1', task='lap'),
        window=WindowInfo(moment(first_s), moment(0.0), moment(last_s), -first_s, last_s),
        triggers=(TriggerInfo('policy_alarm', 'e1', WALL, MONO),),
        events=(event(0.2, EventName.INTERVENTION_STARTED, 'e2'),
                event(-0.0001, EventName.POLICY_ALARM, 'e1'),
                event(1.5, EventName.INTERVENTION_ENDED, 'e3')),
        interventions=(InterventionInfo('i', 'ada', 'collision_risk', 'success', 'a crate',
                                        WALL + SECOND // 5, WALL + 3 * SECOND // 2, segments),))


def save(data_dir: Path, made: Label, records: Sequence[Record], form: Form | None = None,
         state: Sequence[Held] = ()) -> Path:
    """Write and publish a snippet as the recorder does; return its folder."""
    root = SnippetRoot(data_dir)
    root.prepare()
    one = SnippetFile(root, ALL, 'zstd', Start(1, made, state, records), form or Form())
    one.begin()
    return one.finish(End(1, made, unsure={2})).path


def whole(data_dir: Path, number: int = 1) -> Path:
    """Save the story, with a state that held before it."""
    held = Held(b'\1' * 4, record(-9 * SECOND, text('frame'), channel=2))
    return save(data_dir, told(number), story(), state=(held,))
