"""What we encode comes back the same through rclpy and through rosbags; garbage is refused."""

from dataclasses import fields
import math
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from hypothesis import given, settings
from hypothesis import strategies as st
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from rosbags.typesys import get_typestore, Stores
from std_msgs.msg import Float64MultiArray

from flywheel_nodes.core import wire
from flywheel_nodes.core.control import (
    Control,
    Gate,
    Mode,
    PolicyInfo,
    Request,
    Sight,
    TeleopCommand,
    Verdict,
)
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.events import Event, EventName, EVENTS, Level, Phase
from flywheel_nodes.core.ticks import Tick
from flywheel_nodes.nodes.messages import to_array, to_multi_array

STORE = get_typestore(Stores.LATEST)
# DDS strings are UTF-8 that ends at the first NUL.
TEXT = st.text(st.characters(codec='utf-8', exclude_characters='\0'), max_size=20)
COUNT = st.integers(0, (1 << 63) - 1)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
PAIRS = st.lists(st.tuples(TEXT, FINITE), max_size=4).map(tuple)
WORDS = {type_: st.sampled_from(list(type_)) for type_ in (
    Mode, Gate, Level, Phase, Request, Sight)}
CONTROLS = st.builds(Control, WORDS[Mode], WORDS[Gate], TEXT, WORDS[Phase], TEXT, TEXT,
                     st.integers())
COMMANDS = st.builds(
    TeleopCommand, WORDS[Request], TEXT, TEXT, COUNT, COUNT, st.booleans(), COUNT, TEXT, TEXT,
    PAIRS, PAIRS, WORDS[Phase], TEXT, TEXT, TEXT, COUNT, WORDS[Sight])


def through(message: Any, type_: type, name: str) -> tuple[Any, Any]:
    """Return a message as rclpy and as rosbags read it."""
    raw = serialize_message(message)
    return deserialize_message(raw, type_), STORE.deserialize_cdr(raw, name)


def statuses(status: wire.Status) -> list[Any]:
    message = to_array([status], 1_700_000_000_123_456_789)
    both = through(message, DiagnosticArray, 'diagnostic_msgs/msg/DiagnosticArray')
    return [read.status[0] for read in both]


@st.composite
def events(draw: st.DrawFn) -> Event:
    name = draw(st.sampled_from(EventName))
    keys = draw(st.lists(st.sampled_from(EVENTS[name].keys or ('',)), unique=True))
    values = {key: draw(TEXT) for key in keys if key}
    return Event(name, draw(TEXT), draw(COUNT), values, draw(WORDS[Level]), draw(TEXT),
                 draw(TEXT), draw(COUNT))


@given(events())
def test_events(event: Event) -> None:
    for status in statuses(wire.event_to_status(event)):
        assert wire.event_from_status(status) == event


@given(CONTROLS)
def test_control(report: Control) -> None:
    for status in statuses(wire.control_to_status(report)):
        assert wire.control_from_status(status) == report


@given(st.builds(Verdict, st.booleans(), st.lists(TEXT).map(tuple), TEXT))
def test_verdicts(verdict: Verdict) -> None:
    for status in statuses(wire.verdict_to_status(verdict)):
        assert wire.verdict_from_status(status) == verdict


@given(st.builds(PolicyInfo, *[TEXT] * len(fields(PolicyInfo))))
def test_policies(info: PolicyInfo) -> None:
    for status in statuses(wire.policy_to_status(info)):
        assert wire.policy_from_status(status) == info


@given(COMMANDS)
def test_commands(command: TeleopCommand) -> None:
    for status in statuses(wire.command_to_status(command)):
        assert wire.command_from_status(status) == command


def same(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return len(a) == len(b) and all(
        x == y or (math.isnan(x) and math.isnan(y)) for x, y in zip(a, b, strict=True))


@st.composite
def tables(draw: st.DrawFn) -> tuple[tuple[str, ...], list[Tick]]:
    axes = draw(st.lists(st.sampled_from(('vx', 'wz', 'elbow')), unique=True).map(tuple))
    vector = st.tuples(*[st.floats()] * len(axes))
    small = st.integers(0, 100)
    stamps = st.integers(0, 4_000_000_000_000_000_000)
    ticks = st.builds(Tick, stamps, small, small, small, small, small, stamps, FINITE, small,
                      vector, vector, vector)
    # Without a row rclpy's serialize_message (not DDS) adds bytes that rosbags does not take.
    return axes, draw(st.lists(ticks, min_size=1, max_size=3))


@given(tables())
def test_ticks(table: tuple[tuple[str, ...], list[Tick]]) -> None:
    axes, rows = table
    message = to_multi_array(wire.ticks_to_table(rows, axes))
    for read in through(message, Float64MultiArray, 'std_msgs/msg/Float64MultiArray'):
        read_axes, read_rows = wire.ticks_from_table(read)
        assert read_axes == axes and len(read_rows) == len(rows)
        for got, sent in zip(read_rows, rows, strict=True):
            assert (got.stamp_ns, got.obs_ns, got.seq) == (sent.stamp_ns, sent.obs_ns, sent.seq)
            for vector in ('proposed', 'requested', 'applied'):
                assert same(getattr(got, vector), getattr(sent, vector))


# --- garbage ------------------------------------------------------------------------------------

SCHEMAS = ('flywheel.event/1', 'flywheel.control/1', 'flywheel.verdict/1',
           'flywheel.teleop_command/1', 'flywheel.policy/1', 'flywheel.metrics/1')
KEYS = sorted({f.name for c in (Control, Verdict, TeleopCommand, PolicyInfo) for f in fields(c)}
              | {'gated_by', 'id', 'source', 'mono_ns', 'wall_ns', 'started', 'full', 'value.x'})
NASTY = st.sampled_from(('', 'true', 'null', '[]', '{}', 'NaN', '1e999', '-1', '9' * 400, '[[1]]',
                         '[["a", NaN]]', f'[["a", {"9" * 400}]]', '[' * 5000, '"', 'policy',
                         'none', 'stop', 'ok', 'idle', '["a"]', '[1,2,3]', '\ud800'))
GARBAGE = st.builds(
    lambda schema, values, name, level: DiagnosticStatus(
        name=name, level=bytes([level]), values=[
            KeyValue(key=k, value=v) for k, v in {**values, 'schema': schema}.items()]),
    st.sampled_from(SCHEMAS) | TEXT, st.dictionaries(st.sampled_from(KEYS) | TEXT, NASTY | TEXT),
    st.sampled_from(EventName).map(str) | TEXT | st.sampled_from(('node_up', 'loop_late_seconds')),
    st.integers(0, 255))
DECODERS = (wire.event_from_status, wire.control_from_status, wire.verdict_from_status,
            wire.policy_from_status, wire.command_from_status)


@settings(max_examples=300)
@given(GARBAGE, st.lists(GARBAGE, max_size=2))
def test_garbage_decodes_or_is_refused_and_nothing_else(status: Any, more: list[Any]) -> None:
    for decode in DECODERS:
        try:
            decode(status)
        except WireError as error:
            assert str(error)
    try:
        wire.report_from_statuses([status, *more])
    except WireError as error:
        assert str(error)


def corrupted(status: wire.Status, key: str, value: str) -> DiagnosticStatus:
    message = to_array([status], 0).status[0]
    for pair in message.values:
        pair.value = value if pair.key == key else pair.value
    return message


@pytest.mark.parametrize(('key', 'value'), [
    ('axes', '[["vx", NaN]]'), ('axes', '[["vx", Infinity]]'), ('joints', '[["elbow"]]'),
    ('axes', f'[["vx", {"9" * 400}]]'), ('epoch', '-1'), ('seq', '1e3'), ('seq', str(1 << 63)),
    ('deadman', ''), ('seen_ns', '-1'), ('request', 'fly'), ('phase', ''),
    ('sight', ''), ('sight', 'telepathy'),
    ('schema', 'flywheel.teleop_command/2')])
def test_a_command_with_one_wrong_value_is_refused(key: str, value: str) -> None:
    status = wire.command_to_status(TeleopCommand(Request.DRIVE))
    with pytest.raises(WireError):
        wire.command_from_status(corrupted(status, key, value))


def test_an_event_of_an_unknown_level_is_refused() -> None:
    event = Event(EventName.SNIPPET_SAVED, 'x', 0)
    status = to_array([wire.event_to_status(event)], 0).status[0]
    status.level = DiagnosticStatus.STALE
    with pytest.raises(WireError):
        wire.event_from_status(status)


@pytest.mark.parametrize('key', ['mono_ns', 'wall_ns'])
@pytest.mark.parametrize('value', ['-1', str(1 << 63), '9' * 400])
def test_an_event_at_a_time_that_cannot_be_is_refused(key: str, value: str) -> None:
    status = wire.event_to_status(Event(EventName.SNIPPET_SAVED, 'x', 0))
    with pytest.raises(WireError):
        wire.event_from_status(corrupted(status, key, value))


@pytest.mark.parametrize('where', ['sentence', 'value'])
def test_an_event_has_a_length_that_can_be_kept(where: str) -> None:
    def said(length: int) -> wire.Status:
        long = 'x' * length
        return wire.event_to_status(
            Event(EventName.SNIPPET_SAVED, long, 0) if where == 'sentence' else
            Event(EventName.SNIPPET_SAVED, 'x', 0, {'path': long}))
    for status in statuses(said(wire.MOST_OF_AN_EVENT - 1000)):
        assert wire.event_from_status(status)
    for status in statuses(said(wire.MOST_OF_AN_EVENT)):
        with pytest.raises(WireError, match='characters'):
            wire.event_from_status(status)


@pytest.mark.parametrize('ok', ['1', '"true"', 'null', '[true]'])
def test_only_a_literal_true_lets_the_policy_drive(ok: str) -> None:
    status = wire.verdict_to_status(Verdict(True))
    assert wire.verdict_from_status(corrupted(status, 'ok', 'true')).ok
    assert not wire.verdict_from_status(corrupted(status, 'ok', ok)).ok


@given(st.lists(st.floats()), st.text(max_size=20), st.integers(0, 40))
def test_tables_that_are_no_ticks_are_refused(data: list[float], label: str, size: int) -> None:
    message = to_multi_array(wire.ticks_to_table([], ('vx',)))
    message.layout.dim[1].label += label
    message.layout.dim[1].size = size
    message.data = data
    if not data and not label and size == len(message.layout.dim[1].label.split(',')):
        assert wire.ticks_from_table(message) == (('vx',), [])
        return
    try:
        wire.ticks_from_table(message)
    except WireError as error:
        assert str(error)
