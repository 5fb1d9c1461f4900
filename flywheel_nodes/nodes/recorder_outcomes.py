"""Tells what became of snippets: as events, in metrics and in the log."""

from collections.abc import Callable
import time
from typing import Any

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.config import RecorderConfig
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.recording.label import Label
from flywheel_nodes.core.recording.retention import Bound
from flywheel_nodes.core.recording.usable import usable_s
from flywheel_nodes.core.wording import count
from flywheel_nodes.effects.recording.catalog import Waiting
from flywheel_nodes.effects.recording.outcomes import (
    Blocked,
    Clear,
    Failed,
    Outcome,
    Trouble,
)
from flywheel_nodes.effects.recording.reconcile import Fate, Found
from flywheel_nodes.effects.recording.shelf import Evicted, Room
from flywheel_nodes.effects.recording.snippet_file import Discarded, Saved
from flywheel_nodes.nodes.shell import Shell


class Outcomes:
    """Speaks for the thread that writes."""

    def __init__(self, shell: Shell) -> None:
        """Speak through a node."""
        self._shell = shell
        self._tell: dict[type, Callable[[Any], None]] = {
            Saved: self._saved, Failed: self._failed, Found: self._found, Room: self._room,
            Evicted: self._evicted, Blocked: self._blocked, Clear: self._clear,
            Trouble: self._trouble, Discarded: self._discarded}
        config: RecorderConfig = shell.config
        shell.metrics.set('recorder_storage_blocked', 0)
        for fate in Fate:
            shell.metrics.add('recorder_snippets_recovered_total', 0, state=str(fate))
        shell.metrics.set('recorder_min_free_bytes', config.min_free_bytes)
        shell.metrics.set('recorder_quota_bytes', config.quota_bytes)

    def tell(self, outcome: Outcome) -> None:
        """Make one outcome known."""
        self._tell[type(outcome)](outcome)

    def started(self, label: Label) -> None:
        """Say that a snippet is being written."""
        self._emit(EventName.SNIPPET_STARTED, f'recording {label.name}',
                   snippet=label.id, trigger=label.trigger, event=label.triggers[0].event)

    def _saved(self, saved: Saved) -> None:
        label, metrics = saved.label, self._shell.metrics
        metrics.add('recorder_snippets_total', trigger=label.trigger)
        metrics.add('recorder_written_bytes_total', label.bytes)
        metrics.add('recorder_recorded_seconds_total', label.duration_s)
        metrics.add('recorder_usable_seconds_total', usable_s(label))
        metrics.add('recorder_messages_written_total', label.messages)
        sentence = f'{count(label.messages, "message")} saved in {saved.path}'
        self._emit(EventName.SNIPPET_SAVED, sentence, snippet=label.id,
                   trigger=label.trigger, path=str(saved.path), sha256=label.files[0].sha256,
                   messages=str(label.messages), bytes=str(label.bytes),
                   duration_s=f'{label.duration_s:.3f}')

    def _discarded(self, discarded: Discarded) -> None:
        draft, outcome = discarded.draft, discarded.outcome
        self._shell.metrics.add('recorder_snippets_discarded_total', trigger=draft.trigger)
        self._emit(EventName.SNIPPET_DISCARDED,
                   f'not kept: the episode ended in {outcome or "nothing that was told"}',
                   snippet=draft.id, trigger=draft.trigger, outcome=outcome)

    def _failed(self, failed: Failed) -> None:
        self._shell.metrics.add('recorder_snippets_failed_total')
        self._emit(EventName.SNIPPET_FAILED,
                   f'a snippet could not be written: {failed.because}',
                   snippet=failed.draft.id, because=failed.because)

    def _found(self, found: Found) -> None:
        self._shell.metrics.add('recorder_snippets_recovered_total', state=str(found.fate))
        rest = f': {found.reason}' if found.reason else ''
        self._emit(EventName.SNIPPET_RECOVERED, f'left behind: {found.name}, now {found.fate}'
                   f'{rest}', snippet=found.name, state=str(found.fate), path=str(found.path))

    def _evicted(self, evicted: Evicted) -> None:
        metrics, because = self._shell.metrics, str(evicted.because)
        metrics.add('recorder_snippets_evicted_total', because=because)
        metrics.add('recorder_evicted_bytes_total', evicted.bytes)
        self._emit(EventName.SNIPPET_EVICTED, f'{evicted.name} made room ({because})',
                   snippet=evicted.id, because=because, bytes=str(evicted.bytes))

    def _blocked(self, blocked: Blocked) -> None:
        self._shell.metrics.set('recorder_storage_blocked', 1)
        self._emit(EventName.STORAGE_BLOCKED,
                   f'the disk takes no snippets: {blocked.because}',
                   because=blocked.because, free_bytes=str(blocked.free_bytes))

    def _clear(self, clear: Clear) -> None:
        self._shell.metrics.set('recorder_storage_blocked', 0)
        self._emit(EventName.STORAGE_CLEAR,
                   f'the disk takes snippets again, after {clear.blocked_s:.0f} s',
                   blocked_s=f'{clear.blocked_s:.1f}')

    def _room(self, room: Room) -> None:
        metrics = self._shell.metrics
        metrics.set('recorder_snippets_held', room.snippets)
        metrics.set('recorder_held_bytes', room.bytes)
        metrics.set('recorder_free_bytes', room.free_bytes)
        metrics.set('recorder_states_unreadable', room.damaged)
        self._queue(room.waiting)
        for bound in Bound:
            metrics.set('recorder_quota_unmet', bound in room.unmet, bound=str(bound))
        if room.unmet:
            bounds = ', '.join(room.unmet)
            self._shell.log.warning(
                f'snippets: a bound does not hold ({bounds}): what may leave would not suffice',
                throttle_duration_sec=600.0)

    def _queue(self, waiting: Waiting) -> None:
        metrics = self._shell.metrics
        metrics.set('upload_queue_snippets', waiting.count)
        metrics.set('upload_queue_bytes', waiting.bytes)
        if waiting.count:
            metrics.set('upload_oldest_pending_timestamp_seconds', waiting.oldest_ns / SECOND)
        else:
            metrics.forget('upload_oldest_pending_timestamp_seconds')

    def _trouble(self, trouble: Trouble) -> None:
        self._shell.log.error(f'snippets: {trouble.because}', throttle_duration_sec=60.0)

    def _emit(self, name: EventName, sentence: str, **values: str) -> None:
        self._shell.emit(Event(name, sentence, time.monotonic_ns(), values))
