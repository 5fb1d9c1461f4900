from dataclasses import replace

from flywheel_nodes.core.clock import STEP_NS
from flywheel_nodes.core.recording.audit import Audit, of_metadata, problems
from flywheel_nodes.core.recording.label import (
    ClockInfo,
    ClockStep,
    LatchedInfo,
    Moment,
    TopicInfo,
    WindowInfo,
)
from test.effects.recording.snippets import label

TOLD = TopicInfo('t', 3, 30, 0, 10, 30)
NOW = Moment(20, 0)
STEPPED = ClockInfo(steps=(ClockStep(0, -2 * STEP_NS),))
LABEL = replace(label(1), topics={'/a': TOLD}, window=WindowInfo(NOW, NOW, NOW, 0.0, 0.0))


def audit(*messages: tuple[int, int], topic: str = '/a') -> Audit:
    found = Audit()
    for log_ns, sequence in messages:
        found.note(topic, log_ns, sequence, 10)
    return found


WHOLE = audit((10, 5), (20, 6), (30, 7))


def test_what_the_label_says_is_no_problem() -> None:
    assert list(problems(LABEL, WHOLE)) == []


def test_each_difference_is_told() -> None:
    assert list(problems(LABEL, audit((10, 5), (20, 6)))) == [
        '/a: 2 messages, the label says 3']
    assert list(problems(replace(LABEL, topics={'/a': replace(TOLD, bytes=31)}), WHOLE)) == [
        '/a: 30 bytes, the label says 31']
    assert 'log time' in next(problems(LABEL, audit((10, 5), (20, 6), (31, 7))))
    assert list(problems(replace(LABEL, topics={}), WHOLE)) == [
        '/a: 3 messages, not in the label']
    late = 30 + STEP_NS + 1
    back = audit((10, 5), (late, 6), (29, 7))
    assert next(problems(replace(LABEL, topics={'/a': replace(TOLD, last_ns=late)}), back)) == (
        '/a: log times go back 1 time')
    assert list(problems(LABEL, audit((10, 5), (30, 6), (29, 7)))) == []


def test_missing_numbers_must_be_owned() -> None:
    gap = audit((10, 5), (20, 6), (30, 9))
    assert list(problems(LABEL, gap)) == [
        '/a: 2 sequence numbers missing, the label owns to 0']
    assert not list(problems(replace(LABEL, topics={'/a': replace(TOLD, lost=2)}), gap))
    assert not list(problems(replace(LABEL, topics={
        '/a': replace(TOLD, missing={'throttle': 2})}), gap))
    assert not list(problems(replace(LABEL, losses={'ring': 2}), gap))
    assert not list(problems(replace(LABEL, topics={'/a': replace(TOLD, lost=None)}), gap))


def test_several_publishers_leave_no_gap_to_tell() -> None:
    assert not list(problems(LABEL, audit((10, 5), (20, 90), (30, 6))))


def test_state_from_before_stands_first() -> None:
    latched = replace(LABEL, latched=(LatchedInfo('/a', '01', 1, 2),))
    assert not list(problems(latched, WHOLE))
    late = audit((5, 1), topic='/b')
    for log_ns in (10, 20, 30):
        late.note('/a', log_ns, log_ns // 10, 10)
    assert list(problems(replace(latched, topics={
        '/a': TOLD, '/b': TopicInfo('t', 1, 10, 0, 5, 5)}), late)) == [
            '/a: its state from before the snippet is not at the first stamp']


def test_the_file_explains_itself_rightly() -> None:
    assert 'reindex' in next(problems(LABEL, replace(WHOLE, indexed=False)))
    assert 'another' in next(problems(LABEL, replace(WHOLE, inner='another')))


def info(**other: object) -> dict[str, object]:
    return {'rosbag2_bagfile_information': {
        'message_count': 3, 'relative_file_paths': ['a.mcap'],
        'topics_with_message_count': [{'topic_metadata': {'name': '/a'}, 'message_count': 3}],
        'starting_time': {'nanoseconds_since_epoch': 10}, 'duration': {'nanoseconds': 20},
        **other}}


def test_metadata_says_the_same() -> None:
    assert list(of_metadata(info(), WHOLE, ['a.mcap'])) == []
    assert list(of_metadata(info(message_count=1), WHOLE, ['a.mcap'])) == [
        'metadata.yaml says 1 message, there are 3']
    assert list(of_metadata(info(topics_with_message_count=[]), WHOLE, ['a.mcap'])) == [
        'metadata.yaml says 0 of /a, there are 3']
    assert 'not there' in next(of_metadata(info(), WHOLE, []))
    assert 'start' in next(of_metadata(info(duration={'nanoseconds': 1}), WHOLE, ['a.mcap']))
    assert 'not that of a bag' in next(of_metadata(['x'], WHOLE, []))
    assert 'not that of a bag' in next(of_metadata({}, WHOLE, []))


def test_messages_are_from_the_window() -> None:
    far = Moment(20 + 2 * STEP_NS, 0)
    early = replace(LABEL, window=replace(LABEL.window, start=far, end=far))
    assert list(problems(early, WHOLE)) == ['it begins before its window']
    assert not list(problems(replace(early, recovered='yes'), WHOLE))
    assert not list(problems(replace(early, clock=ClockInfo('sim')), WHOLE))
    assert not list(problems(replace(early, clock=STEPPED), WHOLE))
    before = Moment(20 - 2 * STEP_NS, 0)
    late = replace(LABEL, window=replace(LABEL.window, start=before, end=before))
    assert list(problems(late, WHOLE)) == ['it ends after its window']
