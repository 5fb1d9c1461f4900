from dataclasses import replace
import re

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core import drawing
from flywheel_nodes.core.drawing import ASCII, BLOCKS, Glyphs
from flywheel_nodes.core.recording import timeline
from flywheel_nodes.core.recording.label import (
    ClockInfo,
    ClockStep,
    EventInfo,
    InterventionInfo,
    Segment,
    TopicInfo,
    TriggerInfo,
)
from flywheel_nodes.core.recording.timeline import event_list, Measured, Stretch, topic_rows
from test.effects.recording.snippets import MONO, WALL
from test.effects.recording.stored import SECOND, told

STATE = TopicInfo('t', 400, 10, 0, WALL - 2 * SECOND, WALL + 2 * SECOND)
LABEL = replace(told(1), topics={'/r1/joint_states': STATE, '/tf_static': replace(
    STATE, messages=1, lost=None, latched=True)}, robot=replace(told(1).robot, namespace='/r1'))
CONTROL = (Stretch(WALL - 2 * SECOND, 'policy'), Stretch(WALL, 'hold'),
           Stretch(WALL + SECOND // 5, 'human', 'correction'),
           Stretch(WALL + 3 * SECOND // 2, 'policy'))

AT = st.integers(-10**11, 10**11).map(lambda since: WALL + since)
WORDS = st.text(max_size=80)
EVENTS = st.lists(st.builds(EventInfo, WORDS, WORDS, WORDS, WORDS, WORDS, AT, AT), max_size=60)
MODES = st.sampled_from(['policy', 'hold', 'human', 'stopped', 'other'])
SEGMENTS = st.lists(st.builds(Segment, MODES, WORDS, WORDS, AT, AT), max_size=6).map(tuple)
TOPICS = st.dictionaries(WORDS, st.builds(
    TopicInfo, WORDS, st.integers(0, 10**9), st.integers(0, 10**9),
    st.none() | st.integers(0, 10**9), AT, AT, st.booleans()), max_size=6)
STRETCHES = st.lists(st.builds(Stretch, AT, MODES), max_size=9).map(
    lambda found: tuple(sorted(found, key=lambda one: one.start_ns)))
TIMES = st.lists(AT, max_size=20).map(sorted)


def plain(lines: list[drawing.Line]) -> list[str]:
    return timeline.styled(lines, coloured=False)


@given(st.data(), st.integers(60, 160), st.sampled_from([ASCII, BLOCKS]))
def test_no_line_is_wider_than_asked_for(data: st.DataObject, width: int, glyphs: Glyphs) -> None:
    topics = data.draw(TOPICS)
    label = replace(
        LABEL, topics=topics, events=tuple(data.draw(EVENTS)),
        triggers=tuple(TriggerInfo('t', 'e', at, 0) for at in data.draw(TIMES)),
        interventions=(InterventionInfo('i', segments=data.draw(SEGMENTS)),))
    measured = Measured(data.draw(STRETCHES), {name: data.draw(TIMES) for name in topics})
    lines = [*plain(timeline.timeline(label, measured, width, glyphs)),
             *plain(topic_rows(label, measured, width, glyphs)),
             *event_list(label, width, None)]
    assert max(map(len, lines)) <= width
    assert all('\n' not in line for line in lines)


@given(EVENTS, st.none() | st.integers(0, 70))
def test_every_event_appears_or_is_counted(events: list[EventInfo], most: int | None) -> None:
    lines = event_list(replace(LABEL, events=tuple(events)), 100, most)
    more = re.fullmatch(r' +and (\d+) more', lines[-1]) if lines else None
    assert len(lines) - bool(more) + (int(more[1]) if more else 0) == len(events)


def test_events_are_in_order_of_time_and_causes_are_marked() -> None:
    lines = event_list(LABEL, 80, None)
    assert [line[:32].split() for line in lines] == [
        ['+0.000!', 'policy_alarm'], ['+0.200', 'intervention_started'],
        ['+1.500', 'intervention_ended']]


def test_a_stepped_wall_clock_is_not_believed() -> None:
    late = replace(LABEL.events[0], wall_ns=WALL + 3600 * SECOND, mono_ns=MONO + SECOND)
    label = replace(LABEL, events=(late,), clock=ClockInfo(steps=(ClockStep(MONO, SECOND),)))
    assert event_list(label, 80, None)[0].startswith('   +1.000 ')


def test_who_was_in_control_is_drawn() -> None:
    _, control, phase, events, triggers, legend = plain(
        timeline.timeline(LABEL, Measured(CONTROL), 80, ASCII))
    margin = len('joint_states ')
    bar = control[margin:]
    assert re.fullmatch(r'\.+-+#+\.+', bar)
    assert len(bar) == 80 - margin - 19
    assert bar.count('#') == pytest.approx(1.3 / 4 * len(bar), abs=2)
    assert 'pre_intervention' in phase and 'correction' in phase
    assert events.count('*') == 3 and triggers.count('^') == 1
    assert bar[triggers.index('^') - margin] == '-'
    assert '. policy 2.5 s' in legend and '# human 1.3 s' in legend


def test_two_corrections_are_not_one() -> None:
    parts = tuple(Segment('human', 'correction', 'none', WALL + a * SECOND, WALL + b * SECOND)
                  for a, b in ((-2, -1), (1, 2)))
    label = replace(LABEL, interventions=(InterventionInfo('i', segments=parts),))
    phase = plain(timeline.timeline(label, Measured(CONTROL), 80, ASCII))[2]
    assert phase.count('correct') == 2


def test_nobody_drives_where_nothing_was_recorded() -> None:
    start, end = WALL - 2 * SECOND, WALL + 98 * SECOND
    label = replace(LABEL, topics={'/r1/odom': replace(STATE, last_ns=end)})
    times = {'/r1/odom': [start, start + 4 * SECOND, end - 4 * SECOND, end]}
    drawn = plain(timeline.timeline(label, Measured(CONTROL, times), 80, ASCII))
    assert re.fullmatch(r'control +[.#]{2,3} {40,}\.{2,3}', drawn[1])
    assert '. policy 6.5 s' in drawn[-1]


def test_the_label_alone_tells_what_it_can() -> None:
    drawn = plain(timeline.timeline(LABEL, Measured(), 80, ASCII))[1]
    assert '#' in drawn and drawn.endswith('#')
    silent = replace(LABEL, interventions=())
    assert 'nobody told' in plain(timeline.timeline(silent, Measured(), 80, ASCII))[-1]


def test_a_moment_of_the_human_is_seen() -> None:
    brief = (Stretch(WALL - 2 * SECOND, 'policy'), Stretch(WALL, 'human'),
             Stretch(WALL + 1000, 'policy'))
    assert plain(timeline.timeline(LABEL, Measured(brief), 80, ASCII))[1].count('#') == 1


def test_topics_have_rates_losses_and_silences() -> None:
    label = replace(LABEL, topics={**LABEL.topics, '/r1/odom': replace(STATE, lost=3)})
    times = [WALL - 2 * SECOND + n * SECOND // 100 for n in range(400) if not 100 <= n < 200]
    head, state, odom, static = plain(topic_rows(
        label, Measured((), {'/r1/joint_states': times}), 80, ASCII))
    assert head.split() == ['topic', 'Hz', 'lost', 'gap', 's']
    assert state.startswith('joint_states ') and state.split()[-3:] == ['100.0', '0', '1.01']
    assert re.search(r'@+#? +@+', state)
    assert odom.split() == ['odom', '100.0', '3']
    assert static.split() == ['/tf_static', '0.2', '?']


def test_losses_are_told_in_words() -> None:
    assert timeline.losses(replace(LABEL, topics={})) == 'nothing'
    assert timeline.losses(replace(LABEL, losses={'ring': 1200, 'transport': 0})) == (
        '1,200 in ring, unknown for 1 topic')


def test_colours_do_not_change_the_text() -> None:
    lines = timeline.timeline(LABEL, Measured(CONTROL), 80, BLOCKS)
    bare = [re.sub('\x1b\\[[0-9]*m', '', one) for one in timeline.styled(lines, True)]
    assert [one.rstrip() for one in bare] == plain(lines)
    assert timeline.styled(lines, True) != plain(lines)
