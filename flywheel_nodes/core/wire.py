"""
All encoding of our own meanings into standard messages, and back.

Nothing here imports ROS: encoders return Status and Table, which nodes/messages.py turns into
DiagnosticArray and Float64MultiArray; decoders read any object with those messages' fields,
whether it comes from rclpy or from rosbags. Each status carries a schema key, so that a message
package of our own would later be a change of this file only.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
import json
import math
from typing import Any, TypeVar

from flywheel_nodes.core import control, metrics, ticks
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.events import Event, EventName, Level, Phase
from flywheel_nodes.core.metric import Kind
from flywheel_nodes.core.metric_table import BY_NAME
from flywheel_nodes.core.words import Word

# What decoding of hostile text can raise, among it too large numbers and unknown levels.
MALFORMED = (LookupError, ValueError, TypeError, ArithmeticError, RecursionError)
T = TypeVar('T')
W = TypeVar('W', bound=Word)


@dataclass(frozen=True)
class Status:
    """What we put into one diagnostic_msgs/DiagnosticStatus."""

    name: str
    values: tuple[tuple[str, str], ...]
    level: int = 0
    message: str = ''
    hardware_id: str = ''


@dataclass(frozen=True)
class Table:
    """What we put into one Float64MultiArray: rows of named columns."""

    schema: str
    columns: tuple[str, ...]
    data: tuple[float, ...]

    @property
    def labels(self) -> tuple[tuple[str, int, int], ...]:
        """The layout: label, size and stride of each dimension (rows, columns)."""
        width = len(self.columns)
        rows = len(self.data) // width
        return ((self.schema, rows, len(self.data)), (','.join(self.columns), width, width))


LEVELS = (Level.OK, Level.WARN, Level.ERROR)
MOST_OF_AN_EVENT = 64 * 1024
_EVENT = 'flywheel.event/1'
_CONTROL = 'flywheel.control/1'
_VERDICT = 'flywheel.verdict/1'
_COMMAND = 'flywheel.teleop_command/1'
_POLICY = 'flywheel.policy/1'
_TICKS = 'flywheel.ticks/1'
_METRICS = 'flywheel.metrics/1'


def _status(schema: str, name: str, values: Mapping[str, str], **rest: Any) -> Status:
    return Status(name, (('schema', schema), *values.items()), **rest)


def _read(status: Any, schema: str) -> dict[str, str]:
    values = {kv.key: kv.value for kv in status.values}
    if values.pop('schema', None) != schema:
        raise WireError(f'{status.name!r} does not follow {schema}')
    return values


def _decode(schema: str, status: Any, build: Callable[[dict[str, str]], T]) -> T:
    values = _read(status, schema)
    try:
        return build(values)
    except MALFORMED as error:
        raise WireError(f'{schema}: {type(error).__name__}: {error}') from None


def single(message: Any) -> Any:
    """Return the only status of a DiagnosticArray; raises WireError for another number."""
    if len(message.status) != 1:
        raise WireError(f'{len(message.status)} statuses where one is needed')
    return message.status[0]


def _level(raw: object) -> int:
    """Return a DiagnosticStatus level, which rclpy gives as bytes and rosbags as a number."""
    return raw[0] if isinstance(raw, bytes) else int(raw)  # type: ignore[call-overload]


# --- events -------------------------------------------------------------------------------------

def event_to_status(event: Event) -> Status:
    """Encode a stamped event."""
    values = {'id': event.id, 'source': event.source, 'mono_ns': str(event.mono_ns),
              'wall_ns': str(event.wall_ns)}
    values.update({f'value.{k}': v for k, v in event.values.items()})
    assert event.level is not None
    return _status(_EVENT, event.name, values, level=LEVELS.index(event.level),
                   message=event.sentence, hardware_id=event.source)


def event_from_status(status: Any) -> Event:
    """Decode an event; raises WireError for anything outside the vocabulary or too long."""
    def build(values: dict[str, str]) -> Event:
        return Event(
            EventName(status.name), status.message, whole(values['mono_ns']),
            {k[len('value.'):]: v for k, v in values.items() if k.startswith('value.')},
            LEVELS[_level(status.level)], values['id'], values['source'],
            whole(values['wall_ns']))
    length = len(status.message) + sum(len(kv.key) + len(kv.value) for kv in status.values)
    if length > MOST_OF_AN_EVENT:
        raise WireError(f'an event of {length:,} characters, {MOST_OF_AN_EVENT:,} may be')
    return _decode(_EVENT, status, build)


# --- control ------------------------------------------------------------------------------------

def control_to_status(report: control.Control) -> Status:
    """Encode the content of flywheel/control."""
    values = {'mode': report.mode, 'gated_by': report.gate, 'phase': report.phase,
              'operator': report.operator, 'intervention': report.intervention,
              'epoch': str(report.epoch)}
    return _status(_CONTROL, 'control', values, message=report.reason)


def control_from_status(status: Any) -> control.Control:
    """Decode the content of flywheel/control."""
    return _decode(_CONTROL, status, lambda v: control.Control(
        control.Mode(v['mode']), control.Gate(v['gated_by']), status.message, Phase(v['phase']),
        v['operator'], v['intervention'], int(v['epoch'])))


def verdict_to_status(verdict: control.Verdict) -> Status:
    """Encode the content of flywheel/verdict."""
    values = {'ok': json.dumps(verdict.ok), 'alarms': json.dumps(verdict.alarms),
              'policy': verdict.policy}
    return _status(_VERDICT, 'verdict', values, level=0 if verdict.ok else 2)


def verdict_from_status(status: Any) -> control.Verdict:
    """Decode the content of flywheel/verdict; only a literal true is an approval."""
    return _decode(_VERDICT, status, lambda v: control.Verdict(
        json.loads(v['ok']) is True, tuple(str(a) for a in json.loads(v['alarms'])),
        v['policy']))


# --- policy -------------------------------------------------------------------------------------

def policy_to_status(info: control.PolicyInfo) -> Status:
    """Encode the content of policy/info."""
    return _status(_POLICY, info.name, {k: v for k, v in vars(info).items() if k != 'name'})


def policy_from_status(status: Any) -> control.PolicyInfo:
    """Decode the content of policy/info."""
    return _decode(_POLICY, status, lambda v: control.PolicyInfo(status.name, **v))


# --- teleop -------------------------------------------------------------------------------------

def command_to_status(command: control.TeleopCommand) -> Status:
    """Encode the content of teleop/command."""
    values = {k: v if isinstance(v, str) else json.dumps(v) for k, v in vars(command).items()}
    return _status(_COMMAND, 'command', values)


def command_from_status(status: Any) -> control.TeleopCommand:
    """Decode the content of teleop/command; refuses what is not finite."""
    def build(v: dict[str, str]) -> control.TeleopCommand:
        return control.TeleopCommand(
            control.Request(v['request']), v['operator'], v['lease'], whole(v['epoch']),
            whole(v['seq']), json.loads(v['deadman']) is True, whole(v['t_client_ns']),
            v['obs_id'], v['frame'], _pairs(json.loads(v['axes'])),
            _pairs(json.loads(v['joints'])), Phase(v['phase']), v['reason'], v['outcome'],
            v['note'], whole(v['seen_ns']), control.Sight(v['sight']))
    return _decode(_COMMAND, status, build)


def whole(text: str) -> int:
    """Return a whole number that fits 63 bits and is not negative."""
    value = int(text)
    if not 0 <= value < 1 << 63:
        raise ValueError(f'{value} is out of range')
    return value


def _pairs(raw: Iterable[Sequence[object]]) -> tuple[tuple[str, float], ...]:
    pairs = tuple((str(name), float(value)) for name, value in raw)  # type: ignore[arg-type]
    if not all(math.isfinite(value) for _, value in pairs):
        raise ValueError('a number that is not finite')
    return pairs


# --- ticks --------------------------------------------------------------------------------------

def ticks_to_table(rows: Sequence[ticks.Tick], axes: Sequence[str]) -> Table:
    """Encode ticks of a robot with these axes."""
    data = tuple(value for row in rows for value in ticks.to_row(row))
    return Table(_TICKS, ticks.columns(axes), data)


def ticks_from_table(message: Any) -> tuple[tuple[str, ...], list[ticks.Tick]]:
    """Return the axes and the ticks in a Float64MultiArray of flywheel/ticks."""
    try:
        rows, columns = message.layout.dim
        names, width = tuple(columns.label.split(',')), columns.size
        data = [float(value) for value in message.data]
    except (AttributeError, TypeError, ValueError) as error:
        raise WireError(f'{_TICKS}: {error}') from None
    axes = ticks.axes_of(names)
    if rows.label != _TICKS or width != len(names):
        raise WireError(f'{rows.label!r} does not follow {_TICKS}')
    if len(data) % width:
        raise WireError(f'{_TICKS}: {len(data)} numbers do not fill rows of {width}')
    cut = [data[i:i + width] for i in range(0, len(data), width)]
    return axes, [_tick(row) for row in (cut if names == ticks.columns(axes)
                                         else _completed(names, cut))]


def _completed(names: tuple[str, ...], rows: list[list[float]]) -> list[list[float]]:
    try:
        return [ticks.complete(names, row) for row in rows]
    except KeyError as error:
        raise WireError(f'{_TICKS}: there is no column {error}') from None


def _tick(row: list[float]) -> ticks.Tick:
    try:
        return ticks.from_row(row)
    except (ValueError, OverflowError) as error:
        raise WireError(f'{_TICKS}: {error}') from None


# --- metrics ------------------------------------------------------------------------------------

def report_to_statuses(report: metrics.Report) -> list[Status]:
    """Encode a report: a head, then one status per metric with its series as values."""
    head = Status('process', (('schema', _METRICS), ('started', repr(report.started)),
                              ('full', json.dumps(report.full))), hardware_id=report.node)
    grouped: dict[str, list[tuple[str, str]]] = {}
    for (name, labels), sample in report.series.items():
        grouped.setdefault(name, []).append(
            (json.dumps(labels), json.dumps([sample.value, *sample.counts])))
    return [head, *(Status(name, tuple(values), hardware_id=report.node)
                    for name, values in grouped.items())]


def report_from_statuses(statuses: Iterable[Any]) -> metrics.Report:
    """Decode a report; raises WireError for metrics, labels or buckets not in the table."""
    try:
        head, *rest = statuses
        values = {kv.key: kv.value for kv in head.values}
        if values['schema'] != _METRICS:
            raise WireError(f'{values["schema"]!r} does not follow {_METRICS}')
        series = {(status.name, labels): sample
                  for status in rest for labels, sample in _series(status)}
        started = float(values['started'])
        if not math.isfinite(started):
            raise ValueError(f'started at {started}')
        return metrics.Report(head.hardware_id, started, json.loads(values['full']) is True,
                              series)
    except MALFORMED as error:
        raise WireError(f'{_METRICS}: {type(error).__name__}: {error}') from None


def _series(status: Any) -> Iterable[tuple[metrics.Labels, metrics.Sample]]:
    metric = BY_NAME[status.name]
    buckets = len(metric.buckets) + 1 if metric.kind is Kind.HISTOGRAM else 0
    for kv in status.values:
        labels = tuple(str(label) for label in json.loads(kv.key))
        value, *counts = json.loads(kv.value)
        if len(labels) != len(metric.labels) or len(counts) != buckets:
            raise ValueError(f'{metric.name} has labels {metric.labels}, {buckets} buckets')
        yield labels, metrics.Sample(float(value), tuple(int(count) for count in counts))
