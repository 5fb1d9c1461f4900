from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
import os
from pathlib import Path
import resource
import shutil
import sqlite3
import time
from typing import TypeVar
import weakref

from flywheel_nodes.core.recording.label import EventInfo, Label
from flywheel_nodes.core.recording.latched import Held
from flywheel_nodes.core.recording.retention import NO_QUOTA, Quota
from flywheel_nodes.core.recording.ring import cost, Record
from flywheel_nodes.effects.recording import briefs
from flywheel_nodes.effects.recording.judgements import Judgement
from flywheel_nodes.effects.recording.outcomes import Blocked, Clear, Failed
from flywheel_nodes.effects.recording.reconcile import Fate, Found
from flywheel_nodes.effects.recording.shelf import Evicted, Room
from flywheel_nodes.effects.recording.snippet_file import Discard, Discarded, End, Saved, Start
from flywheel_nodes.effects.recording.snippet_folder import (
    read_draft,
    read_label,
    read_state,
    SnippetRoot,
)
from flywheel_nodes.effects.recording.snippet_store import Settings, SnippetStore
from flywheel_nodes.effects.recording.verification import verify
from test.effects.recording.disks import small_disk
from test.effects.recording.snippets import label, record, records, SOURCES, text
from test.effects.recording.stored import told

T = TypeVar('T')


@contextmanager
def store(data_dir: Path, queue_bytes: int = 10**8, min_free_bytes: int = 0,
          quota: Quota = NO_QUOTA) -> Iterator[SnippetStore]:
    made = SnippetStore(data_dir, SOURCES, Settings('none', queue_bytes, min_free_bytes, quota))
    yield made
    assert made.close(20.0)


def wait(running: SnippetStore, kind: type[T]) -> T:
    """Return the next outcome of a kind and leave later ones where they are."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            outcome = running._outcomes.popleft()
        except IndexError:
            time.sleep(0.005)
            continue
        if isinstance(outcome, kind):
            return outcome
    raise AssertionError(f'no {kind.__name__}')


def test_state_and_batches_end_up_in_one_snippet(tmp_path: Path) -> None:
    state = Held(b'\x01\x02', record(-10**12, text('frames'), channel=2))
    with store(tmp_path) as running:
        running.begin(Start(7, label(), (state,), records(10)))
        assert running.append(7, records(10, 10))
        assert running.append(8, records(10, 10))  # a snippet that is not open any more
        running.end(End(7, label(), {1: {'transport': 3}}, {2}))
        saved = wait(running, Saved)
    assert verify(saved.path) == []
    topics = saved.label.topics
    assert (topics['/r1/joint_states'].messages, topics['/r1/joint_states'].lost) == (20, 3)
    assert (topics['/tf_static'].messages, topics['/tf_static'].lost) == (1, None)
    assert topics['/tf_static'].latched and not topics['/r1/joint_states'].latched
    assert topics['/tf_static'].first_ns == topics['/r1/joint_states'].first_ns
    (original,) = saved.label.latched
    assert (original.topic, original.publisher) == ('/tf_static', '0102')
    assert original.received_ns == state.record.received_ns


def test_state_is_first_where_the_clocks_order_the_first_messages_differently(
        tmp_path: Path) -> None:
    early, late = records(2)
    late = late._replace(received_ns=early.received_ns - 50_000)
    state = Held(b'\x01', record(-10**12, text('frames'), channel=2))
    with store(tmp_path) as running:
        running.begin(Start(1, label(), (state,), (early, late)))
        running.end(End(1, label(), {}))
        topics = wait(running, Saved).label.topics
    assert topics['/tf_static'].first_ns == late.received_ns


def test_what_waits_for_the_disk_is_bounded(tmp_path: Path) -> None:
    with store(tmp_path, queue_bytes=2**16) as running:
        running.begin(Start(1, label(), (), records(1)))
        big = [record(0, bytes(70_000))]
        assert not running.append(1, big)
        assert running.append(1, [record(0, text('x'))])
        running.end(End(1, label(), {}))
        assert wait(running, Saved).label.messages == 2


def test_two_snippets_at_a_time_hold_the_same_messages(tmp_path: Path) -> None:
    with store(tmp_path) as running:
        for key in (1, 2):
            running.begin(Start(key, label(key), (), records(5)))
        for key in (1, 2):
            running.append(key, records(5, 5))
            running.end(End(key, label(key), {}))
    assert [read_label(folder).messages
            for folder in SnippetRoot(tmp_path).published()] == [10, 10]


def test_a_discarded_snippet_leaves_nothing_and_is_no_failure(tmp_path: Path) -> None:
    with store(tmp_path) as running:
        for key in (1, 2):
            running.begin(Start(key, label(key), (), records(5)))
        running.discard(Discard(1, label(1), 'failure'))
        running.discard(Discard(3, label(3), 'failure'))  # a snippet that never was
        discarded = wait(running, Discarded)
        running.end(End(2, label(2), {}))
        wait(running, Saved)
    assert (discarded.draft.id, discarded.outcome) == (label(1).id, 'failure')
    root = SnippetRoot(tmp_path)
    assert [folder.name for folder in root.published()] == [label(2).name]
    assert not root.staged() and not root.trashed()


def test_a_discarded_snippet_that_had_failed_does_not_come_back(tmp_path: Path) -> None:
    with store(tmp_path) as running:
        with largest_file(300_000):
            running.begin(Start(1, label(1), (), big(4)))
            wait(running, Failed)
            running.discard(Discard(1, label(1), 'failure'))
            assert wait(running, Discarded).draft.id == label(1).id
        wait(running, Clear)
        assert wait(running, Room).snippets == 0
    assert not SnippetRoot(tmp_path).staged()
    with store(tmp_path) as running:
        assert wait(running, Room).snippets == 0


def test_a_discarded_snippet_that_was_recovered_meanwhile_goes_as_well(tmp_path: Path) -> None:
    with store(tmp_path) as running:
        with largest_file(2_500_000):
            running.begin(Start(1, label(1), (), big(12)))
            wait(running, Failed)
        assert wait(running, Found).fate is Fate.RECOVERED
        running.discard(Discard(1, label(1), 'failure'))
        wait(running, Discarded)
    root = SnippetRoot(tmp_path)
    assert not root.published() and not root.trashed()


def unspeakable(number: int) -> Label:
    """Return a label with an event in it that no file can be written about."""
    event = EventInfo('e', 'estop_pressed', 'warn', 'x', 'x', 10**400, 0)
    return replace(label(number), events=(event,))


def test_an_error_nobody_thought_of_ends_one_snippet_and_no_other(tmp_path: Path) -> None:
    with store(tmp_path) as running:
        for key, made in ((1, unspeakable(1)), (2, label(2))):
            running.begin(Start(key, made, (), records(5)))
            running.end(End(key, made, {}))
        assert 'OverflowError' in wait(running, Failed).because
        assert wait(running, Saved).label.id == label(2).id
        found = wait(running, Found)
        assert (found.name, found.fate) == (label(1).name, Fate.QUARANTINED)
        assert running.alive and running.refused == ''


def test_folders_that_somebody_removes_are_made_again(tmp_path: Path) -> None:
    root = SnippetRoot(tmp_path)
    with store(tmp_path) as running:
        for key, folder in enumerate((root.staging, root.path)):
            wait(running, Room)
            shutil.rmtree(folder)
            running.begin(Start(key, label(key), (), records(5)))
            running.end(End(key, label(key), {}))
            assert wait(running, Saved).path.is_dir()


class Records(list[Record]):
    """What can be asked for whether it is still there."""


def test_the_pre_roll_is_let_go_of_once_it_is_written(tmp_path: Path) -> None:
    pre_roll = Records(records(50))
    held = weakref.ref(pre_roll)
    with store(tmp_path) as running:
        running.begin(Start(1, label(), (), pre_roll))
        del pre_roll
        end = time.monotonic() + 20
        while held() is not None:
            assert time.monotonic() < end, 'the snippet is open, and all of it in memory'
            time.sleep(0.01)
        running.end(End(1, label(), {}))
        assert wait(running, Saved).label.messages == 50


def test_a_topic_of_which_all_is_lost_is_told(tmp_path: Path) -> None:
    with store(tmp_path) as running:
        running.begin(Start(1, label(), (), records(10)))
        missing = {1: {'ring': 1}, 3: {'ring': 7, 'throttle': 2}, 99: {'ring': 1}}
        running.end(End(1, label(), missing))
        saved = wait(running, Saved)
    odom = saved.label.topics['/r1/odom']
    assert (odom.messages, odom.lost, odom.missing) == (0, 7, {'ring': 7, 'throttle': 2})
    assert saved.label.topics['/r1/joint_states'].lost == 1
    assert saved.label.duration_s == 0.018
    (brief,) = briefs.read([saved.path])
    assert brief.duration_s == saved.label.duration_s
    assert verify(saved.path) == []


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Have the kernel refuse to let a file grow beyond that."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def big(count: int) -> list[Record]:
    return [record(n * 10**6, os.urandom(2**18)) for n in range(count)]


def test_a_disk_that_refuses_is_said_and_the_next_snippet_is_tried(tmp_path: Path) -> None:
    with largest_file(1_000_000), store(tmp_path) as running:
        running.begin(Start(1, label(1), (), big(12)))
        running.append(1, records(10))
        running.end(End(1, replace(label(1), priority=77), {}))
        failed = wait(running, Failed)
        assert failed.draft.id == label(1).id
        assert failed.because == 'File too large'
        assert wait(running, Blocked).because == 'File too large'
        running.begin(Start(2, label(2), (), records(10)))
        running.end(End(2, label(2), {}))
        assert wait(running, Saved).label.id == label(2).id
    assert [p.name for p in SnippetRoot(tmp_path).published()] == [label(2).name]
    (staged,) = SnippetRoot(tmp_path).staged()
    assert staged.name == label(1).name
    assert read_draft(staged).priority == 77, 'what was known at its end'


def test_a_full_disk_is_waited_for_and_what_it_cut_short_is_recovered(tmp_path: Path) -> None:
    with small_disk(tmp_path / 'disk', 16 * 2**20) as disk, store(disk) as running:
        (disk / 'somebody_elses').write_bytes(bytes(12 * 2**20))
        running.begin(Start(1, label(1), (), big(16)))
        wait(running, Failed)
        blocked = wait(running, Blocked)
        assert blocked.because == 'No space left on device'
        assert running.refused == blocked.because
        running.begin(Start(2, label(2), (), records(10)))
        assert wait(running, Failed).because == 'No space left on device'
        (disk / 'somebody_elses').unlink()
        wait(running, Clear)
        found = wait(running, Found)
        assert (found.name, found.fate) == (label(1).name, Fate.RECOVERED)
        assert verify(found.path) == []
        assert 0 < read_label(found.path).messages < 16
        running.begin(Start(3, label(3), (), records(10)))
        running.end(End(3, label(3), {}))
        wait(running, Saved)
        assert not SnippetRoot(disk).staged()


def test_a_disk_that_hangs_stops_nobody_and_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    with store(tmp_path, queue_bytes=2**20) as running:
        wait(running, Room)
        with closing(sqlite3.connect(tmp_path / 'catalog.sqlite')) as other:
            other.execute('BEGIN EXCLUSIVE')  # the thread waits for its row
            running.begin(Start(1, label(1), (), records(1)))
            running.end(End(1, label(1), {}))
            running.begin(Start(2, label(2), (), ()))
            taken = 0
            while running.append(2, records(100, taken)):
                taken += 100
            assert taken * cost(records(1)[0]) <= 2**20
            other.rollback()
        assert wait(running, Saved).label.id == label(1).id
        running.end(End(2, label(2), {}))
        assert wait(running, Saved).label.messages == taken


def test_without_free_space_no_snippet_begins(tmp_path: Path) -> None:
    with store(tmp_path, min_free_bytes=2**60) as running:
        assert wait(running, Room).snippets == 0
        running.begin(Start(1, label(), (), records(1)))
        assert 'min_free_bytes' in wait(running, Failed).because
    assert SnippetRoot(tmp_path).staged() == []


def test_beyond_the_quota_the_oldest_snippet_makes_room(tmp_path: Path) -> None:
    with store(tmp_path, quota=Quota(count=1)) as running:
        for key in (1, 2):
            running.begin(Start(key, label(key), (), records(1)))
            running.end(End(key, label(key), {}))
            wait(running, Saved)
        assert wait(running, Evicted).id == label(1).id
    assert [p.name for p in SnippetRoot(tmp_path).published()] == [label(2).name]


def test_a_judgement_reaches_open_and_published_snippets(tmp_path: Path) -> None:
    with store(tmp_path) as running:
        for key in (1, 2):
            running.begin(Start(key, told(key), (), records(3)))
        running.end(End(1, told(1)))
        first = wait(running, Saved)
        running.judge(Judgement('i', False))
        running.end(End(2, told(2)))
        second = wait(running, Saved)
    assert [read_state(one.path).judged for one in (first, second)] == [{'i': False}] * 2
