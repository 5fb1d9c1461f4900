from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import resource
import time
from typing import TypeVar

import pytest

from flywheel_nodes.core.recording.latched import Held
from flywheel_nodes.effects.recording import snippet_reader
from flywheel_nodes.effects.recording.snippet_folder import read_label, SnippetRoot
from flywheel_nodes.effects.recording.snippet_store import (
    End,
    Failed,
    Room,
    Saved,
    SnippetStore,
    Start,
)
from test.effects.recording.snippets import label, record, records, SOURCES, text

T = TypeVar('T')


@contextmanager
def store(data_dir: Path, queue_bytes: int = 10**8,
          min_free_bytes: int = 0) -> Iterator[SnippetStore]:
    made = SnippetStore(data_dir, SOURCES, compression='none', queue_bytes=queue_bytes,
                        min_free_bytes=min_free_bytes)
    yield made
    assert made.close(20.0)


def wait(running: SnippetStore, kind: type[T]) -> T:
    """Return the next outcome of a kind."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        for outcome in running.outcomes():
            if isinstance(outcome, kind):
                return outcome
        time.sleep(0.005)
    raise AssertionError(f'no {kind.__name__}')


def test_state_and_batches_end_up_in_one_snippet(tmp_path: Path) -> None:
    state = Held(b'\x01\x02', record(-10**12, text('frames'), channel=2))
    with store(tmp_path) as running:
        running.begin(Start(7, label(), (state,), records(10)))
        assert running.append(7, records(10, 10))
        assert running.append(8, records(10, 10))  # a snippet that is not open any more
        running.end(End(7, label(), {1: 3, 2: None}))
        saved = wait(running, Saved)
    assert snippet_reader.wrong(saved.path) == ''
    topics = saved.label.topics
    assert (topics['/r1/joint_states'].messages, topics['/r1/joint_states'].lost) == (20, 3)
    assert (topics['/tf_static'].messages, topics['/tf_static'].lost) == (1, None)
    assert topics['/tf_static'].latched and not topics['/r1/joint_states'].latched
    assert topics['/tf_static'].first_ns == topics['/r1/joint_states'].first_ns
    (original,) = saved.label.latched
    assert (original.topic, original.publisher) == ('/tf_static', '0102')
    assert original.received_ns == state.record.received_ns


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


@pytest.fixture
def full_disk() -> Iterator[None]:
    """Have the kernel refuse to let a file grow, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_refuses_is_said_and_the_next_snippet_is_tried(
        tmp_path: Path, full_disk: None) -> None:
    with store(tmp_path) as running:
        running.begin(Start(1, label(1), (), [record(n, bytes(2**20)) for n in range(3)]))
        running.append(1, records(10))
        running.end(End(1, label(1), {}))
        failed = wait(running, Failed)
        assert failed.draft.id == label(1).id
        assert failed.because == 'File too large'
        running.begin(Start(2, label(2), (), records(10)))
        running.end(End(2, label(2), {}))
        assert wait(running, Saved).label.id == label(2).id
    assert [p.name for p in SnippetRoot(tmp_path).published()] == [label(2).name]
    assert [p.name for p in SnippetRoot(tmp_path).staged()] == [label(1).name]


def test_without_free_space_no_snippet_begins(tmp_path: Path) -> None:
    with store(tmp_path, min_free_bytes=2**60) as running:
        assert wait(running, Room).snippets == 0
        running.begin(Start(1, label(), (), records(1)))
        assert 'min_free_bytes' in wait(running, Failed).because
    assert SnippetRoot(tmp_path).staged() == []
