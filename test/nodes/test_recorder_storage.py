"""Quota, upload and a full disk, over real DDS: what the recorder says and does."""

from pathlib import Path
import sqlite3

import pytest
from std_srvs.srv import Trigger

from flywheel_nodes.core import topics
from flywheel_nodes.core.errors import FlywheelError
from flywheel_nodes.core.events import EventName
from flywheel_nodes.core.metric_table import BY_NAME
from flywheel_nodes.core.recording.state import State, Upload
from flywheel_nodes.effects.recording.snippet_folder import read_state, SnippetRoot
from test.effects.recording.disks import small_disk
from test.harness import Bench
from test.nodes.test_recorder_triggers import events
from test.nodes.test_snippet_recorder import request, Robot


def metric(robot: Robot, name: str, **labels: str) -> float:
    assert set(labels) == set(BY_NAME[name].labels)
    return robot.recorder._shell.metrics.cell(name, **labels).value


def snippets(robot: Robot, count: int) -> None:
    """Have that many snippets saved, one after the other."""
    for _ in range(count):
        before = len(robot.saved())
        request(robot.bench)
        robot.until(lambda: len(robot.saved()) > before, 'snippet_saved')  # noqa: B023


def test_beyond_the_quota_old_snippets_leave_and_that_is_told(bench: Bench) -> None:
    robot = Robot(bench, quota_count=1)
    robot.ready()
    snippets(robot, 2)
    robot.until(lambda: events(robot, EventName.SNIPPET_EVICTED), 'snippet_evicted')
    (evicted,) = events(robot, EventName.SNIPPET_EVICTED)
    first, second = events(robot, EventName.SNIPPET_SAVED)
    assert evicted.values['snippet'] == first.values['snippet']
    assert (evicted.values['because'], evicted.values['bytes']) == ('count', first.values['bytes'])
    assert [str(p) for p in SnippetRoot(bench.folder).published()] == [second.values['path']]
    assert metric(robot, 'recorder_snippets_evicted_total', because='count') == 1


def test_what_waits_for_upload_stays_over_the_quota(bench: Bench) -> None:
    robot = Robot(bench, quota_count=1, upload_wanted=True)
    robot.ready()
    snippets(robot, 2)
    robot.until(lambda: metric(robot, 'recorder_quota_unmet', bound='count'), 'the metric')
    folders = SnippetRoot(bench.folder).published()
    assert [read_state(folder) for folder in folders] == [State(upload=Upload.PENDING)] * 2
    assert not events(robot, EventName.SNIPPET_EVICTED)


def test_a_full_disk_is_told_and_recording_resumes_by_itself(
        bench: Bench, tmp_path: Path) -> None:
    with small_disk(tmp_path / 'disk', 16 * 2**20) as disk:
        ballast = disk / 'somebody_elses'
        robot = Robot(bench, data_dir=str(disk), min_free_bytes=4 * 2**20)
        robot.ready()
        snippets(robot, 1)
        ballast.write_bytes(bytes(13 * 2**20))
        robot.until(lambda: events(robot, EventName.STORAGE_BLOCKED), 'storage_blocked')
        assert 'min_free_bytes' in events(robot, EventName.STORAGE_BLOCKED)[0].values['because']
        assert metric(robot, 'recorder_storage_blocked') == 1
        robot.until(lambda: metric(robot, 'recorder_quota_unmet', bound='free_space') == 1,
                    'the bound that does not hold')
        assert not events(robot, EventName.SNIPPET_EVICTED), 'it would have freed too little'
        answer = bench.call(Trigger, f'{bench.namespace}/snippet_recorder/trigger_snippet',
                            Trigger.Request())
        assert not answer.success
        assert 'min_free_bytes' in answer.message
        robot.say(EventName.SNIPPET_REQUESTED, by='probe', reason='', name='')
        robot.until(lambda: events(robot, EventName.SNIPPET_FAILED), 'snippet_failed')
        ballast.unlink()
        robot.until(lambda: events(robot, EventName.STORAGE_CLEAR), 'storage_clear')
        assert metric(robot, 'recorder_storage_blocked') == 0
        robot.until(lambda: metric(robot, 'recorder_quota_unmet', bound='free_space') == 0,
                    'the bound to hold again')
        snippets(robot, 2)


def test_a_disk_that_hangs_costs_a_snippet_messages_and_its_label_says_so(bench: Bench) -> None:
    robot = Robot(bench, writer_queue=2**16, post_roll=2.0)
    robot.ready()
    other = sqlite3.connect(bench.folder / 'catalog.sqlite')
    other.execute('BEGIN EXCLUSIVE')  # the writer waits for its totals, up to 5 s
    request(bench)
    bench.until(lambda: events(robot, EventName.MESSAGES_LOST), 'messages_lost',
                each=lambda: [robot.publish() for _ in range(10)] and None)
    other.rollback()
    other.close()
    _, label = robot.snippet()
    assert label.losses['writer_queue'] > 0
    told = [one.values['lost'] for one in events(robot, EventName.MESSAGES_LOST)
            if one.values['where'] == 'writer_queue']
    assert told == [str(label.losses['writer_queue'])]
    lost = {name: one.missing['writer_queue'] for name, one in label.topics.items()
            if 'writer_queue' in one.missing}
    assert sum(lost.values()) == label.losses['writer_queue']
    for name, number in lost.items():
        assert metric(robot, 'recorder_messages_lost_total', where='writer_queue',
                      topic=topics.relative(name, label.robot.namespace)) == number


def test_without_the_thread_that_writes_the_node_ends(bench: Bench) -> None:
    robot = Robot(bench)
    robot.ready()
    assert robot.recorder._store.close(20.0)
    with pytest.raises(FlywheelError, match='thread that writes snippets'):
        robot.until(lambda: False, 'the end')
