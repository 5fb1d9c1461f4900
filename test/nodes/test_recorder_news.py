"""What a recorder hears of events, whatever the clock does and whatever is sent."""

from rclpy.serialization import serialize_message

from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.recording.ring import Record
from flywheel_nodes.effects.recording.judgements import Judgement
from flywheel_nodes.nodes.messages import to_array
from flywheel_nodes.nodes.recorder_news import News
from flywheel_nodes.nodes.snippet_recorder import SnippetRecorder
from test.harness import Bench

HOUR = 3600 * SECOND


def record(at_ns: int, *events: Event) -> Record:
    data = bytes(serialize_message(to_array([wire.event_to_status(one) for one in events], 0)))
    return Record(1, at_ns, at_ns, at_ns, 1, data)


def news(bench: Bench) -> News:
    bench.start('snippet_recorder', SnippetRecorder, min_free_bytes=0)
    return News(bench.running[0][0])


def event(at_ns: int, identifier: str) -> Event:
    return Event(EventName.ESTOP_PRESSED, '', at_ns).stamped(identifier, 'x', at_ns)


def test_a_step_of_the_wall_clock_does_not_move_an_event(bench: Bench) -> None:
    heard = news(bench)
    now = 2 * HOUR
    assert not list(heard.read(now))
    for spoiled, name in ((now - HOUR, 'past'), (now + HOUR, 'future')):
        heard.hear(topics.EVENTS.name, record(spoiled, event(now, name)))
    heard.hear(topics.EVENTS.name, record(now + 1, event(now, 'right')))
    found = [(at, one.id) for at, one in heard.read(now + SECOND)]
    assert found == [(now, 'past'), (now, 'future'), (now + 1, 'right')], 'when they were said'


def test_what_a_latched_topic_brings_late_is_told_in_the_order_it_was_said(bench: Bench) -> None:
    heard = news(bench)
    now, at = 2 * HOUR, 2 * HOUR - SECOND
    ended, started = event(at + SECOND // 2, 'ended'), event(at, 'started')
    heard.hear(topics.EVENTS.name, record(now, ended))  # a live one came before the history
    heard.hear(topics.EVENTS.name, record(now + 1, started))
    assert [(when, one.id) for when, one in heard.read(now + 2)] == [
        (at, 'started'), (at + SECOND // 2, 'ended')]


def test_an_event_comes_once_and_an_old_one_never(bench: Bench) -> None:
    heard = news(bench)
    now = 2 * HOUR
    one, old = event(now, 'one'), event(now - HOUR, 'old')
    for _ in range(2):
        heard.hear(topics.EVENTS.name, record(now, one, old))
    assert [found.id for _, found in heard.read(now)] == ['one']
    assert not list(heard.read(now + 1))


def test_what_does_not_decode_is_counted(bench: Bench) -> None:
    heard = news(bench)
    for data in (b'', b'\0\1\0\0\xff\xff\xff\xff'):
        heard.hear(topics.EVENTS.name, Record(1, 5, 5, 5, 1, data))
    assert not list(heard.read(10))
    shell = bench.running[0][0]
    assert shell.metrics.cell('topic_messages_rejected_total', topic=topics.EVENTS.name,
                              node=shell.name).value == 2


def test_judgements_are_told_once_and_those_from_before_a_restart_too(bench: Bench) -> None:
    heard, now = news(bench), 2 * HOUR

    def judged(at_ns: int, verdict: str) -> Event:
        return Event(EventName.INTERVENTION_JUDGED, '', at_ns, {
            'intervention': verdict, 'resumed_ok': verdict}).stamped(verdict, 'x', at_ns)

    heard.hear(topics.EVENTS.name, record(
        now, judged(now - HOUR, 'true'), judged(now, 'false'), judged(now, 'unknown')))
    assert [one.id for _, one in heard.read(now)] == ['false', 'unknown']
    assert heard.judgements() == [Judgement('true', True), Judgement('false', False)]
    assert heard.judgements() == []
