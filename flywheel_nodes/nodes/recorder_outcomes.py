"""Tells what became of snippets: as events, in metrics and in the log."""

import time

from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.recording.label import Label
from flywheel_nodes.effects.recording.reconcile import Found
from flywheel_nodes.effects.recording.snippet_store import Failed, Outcome, Room, Saved
from flywheel_nodes.nodes.shell import Shell


class Outcomes:
    """Speaks for the thread that writes."""

    def __init__(self, shell: Shell) -> None:
        """Speak through a node."""
        self._shell = shell

    def tell(self, outcome: Outcome) -> None:
        """Make one outcome known."""
        if isinstance(outcome, Saved):
            self._saved(outcome)
        elif isinstance(outcome, Failed):
            self._failed(outcome.draft.id, outcome.because)
        elif isinstance(outcome, Found):
            self._found(outcome)
        elif isinstance(outcome, Room):
            self._shell.metrics.set('recorder_snippets_held', outcome.snippets)
            self._shell.metrics.set('recorder_free_bytes', outcome.free_bytes)
        else:
            self._shell.log.error(f'snippets: {outcome.because}', throttle_duration_sec=60.0)

    def started(self, label: Label) -> None:
        """Say that a snippet is being written."""
        self._emit(EventName.SNIPPET_STARTED, f'recording {label.name}',
                   snippet=label.id, trigger=label.trigger)

    def _saved(self, saved: Saved) -> None:
        label, metrics = saved.label, self._shell.metrics
        metrics.add('recorder_snippets_total', trigger=label.trigger)
        metrics.add('recorder_written_bytes_total', label.bytes)
        metrics.add('recorder_recorded_seconds_total', label.duration_s)
        metrics.add('recorder_messages_written_total', label.messages)
        sentence = f'{label.messages} messages are saved in {saved.path}'
        self._emit(EventName.SNIPPET_SAVED, sentence, snippet=label.id,
                   trigger=label.trigger, path=str(saved.path), sha256=label.files[0].sha256,
                   messages=str(label.messages), bytes=str(label.bytes),
                   duration_s=f'{label.duration_s:.3f}')

    def _failed(self, snippet: str, because: str) -> None:
        self._shell.metrics.add('recorder_snippets_failed_total')
        self._emit(EventName.SNIPPET_FAILED, f'a snippet could not be written: {because}',
                   snippet=snippet, because=because)

    def _found(self, found: Found) -> None:
        self._shell.metrics.add('recorder_snippets_recovered_total', state=str(found.fate))
        rest = f': {found.reason}' if found.reason else ''
        sentence = f'left behind by a crash: {found.name}, now {found.fate}{rest}'
        self._emit(EventName.SNIPPET_RECOVERED, sentence,
                   snippet=found.name, state=str(found.fate), path=str(found.path))

    def _emit(self, name: EventName, sentence: str, **values: str) -> None:
        self._shell.emit(Event(name, sentence, time.monotonic_ns(), values))
