"""Reads the three topics a recorder must understand: events, control and the policy's card."""

from collections import deque, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray

from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.control import Control, PolicyInfo
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.recording.ring import Record
from flywheel_nodes.core.recording.state import MOST_JUDGED
from flywheel_nodes.core.recording.story import Story
from flywheel_nodes.effects.recording.judgements import Judgement
from flywheel_nodes.nodes.messages import from_cdr
from flywheel_nodes.nodes.shell import Shell

STALE_NS = 5 * SECOND
LATE_NS = SECOND // 5
MARGIN_NS = 2 * SECOND
MOST_IDS = 2000
MOST_WAITING = 5000
READ = (topics.EVENTS.name, topics.CONTROL.name, topics.POLICY_INFO.name)

_DECODE: dict[str, Callable[[Any], Any]] = {
    topics.EVENTS.name: wire.event_from_status,
    topics.CONTROL.name: wire.control_from_status,
    topics.POLICY_INFO.name: wire.policy_from_status}


class News:
    """Messages wait here until the loop reads them in order of reception."""

    def __init__(self, shell: Shell) -> None:
        """Begin with an empty story."""
        self.story = Story()
        self._shell = shell
        self._waiting: list[tuple[int, str, Record]] = []
        self._read_ns = 0
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._judged: deque[Judgement] = deque(maxlen=MOST_JUDGED)
        self._readers: dict[str, Callable[[Any, int], Iterator[Event]]] = {
            topics.EVENTS.name: self._event, topics.CONTROL.name: self._control,
            topics.POLICY_INFO.name: self._policy}

    def hear(self, name: str, record: Record) -> None:
        """Take a message of one of the topics in READ."""
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append((record.mono_ns, name, record))
        else:
            self._reject(name, 'too many at once')

    def read(self, now_ns: int) -> Iterator[tuple[int, Event]]:
        """
        Add to the story what has been heard until now.

        Yields each event that may be a trigger with the time at which it was received, or was
        said where that is long before: none twice, and none that is older than STALE_NS, as those
        are that a latched topic repeats to a recorder that was started later.
        """
        floor = self._read_ns - MARGIN_NS
        # A time that cannot be is one that a step of the wall clock has spoiled.
        waiting = sorted(((at if floor <= at <= now_ns else now_ns, name, record)
                          for at, name, record in self._waiting), key=itemgetter(0))
        self._waiting, self._read_ns = [], now_ns
        said = [one for at, name, record in waiting for one in self._said(at, name, record)]
        for mono_ns, name, what in sorted(said, key=itemgetter(0)):
            for event in self._readers[name](what, mono_ns):
                yield mono_ns, event

    def _said(self, at_ns: int, name: str, record: Record) -> Iterator[tuple[int, str, Any]]:
        """Yield what a message says, and when: what is latched may come long after it was said."""
        for status in self._statuses(name, record):
            try:
                what = _DECODE[name](status)
            except WireError as error:
                self._reject(name, str(error))
                continue
            late = isinstance(what, Event) and at_ns - what.mono_ns > LATE_NS
            yield what.mono_ns if late else at_ns, name, what

    def _statuses(self, name: str, record: Record) -> Sequence[Any]:
        try:
            return list(from_cdr(record.data, DiagnosticArray).status)
        except WireError as error:
            self._reject(name, str(error))
            return ()

    def _event(self, event: Event, mono_ns: int) -> Iterator[Event]:
        if event.id in self._seen:
            return
        self._seen[event.id] = None
        if len(self._seen) > MOST_IDS:
            self._seen.popitem(last=False)
        self._judgement(event)
        self.story.event(event, mono_ns)
        if mono_ns >= self._read_ns - STALE_NS:
            yield event

    def _judgement(self, event: Event) -> None:
        verdict = event.values.get('resumed_ok', '')
        if event.name is EventName.INTERVENTION_JUDGED and verdict in ('true', 'false'):
            self._judged.append(Judgement(event.values.get('intervention', ''),
                                          verdict == 'true'))

    def judgements(self) -> list[Judgement]:
        """
        Return what has been read since the last call of how the policy fared after resumes.

        Those that a latched topic repeats are told, too: a snippet that has one keeps it.
        """
        found = list(self._judged)
        self._judged.clear()
        return found

    def _control(self, control: Control, mono_ns: int) -> Iterator[Event]:
        self.story.control(control, mono_ns)
        yield from ()

    def _policy(self, policy: PolicyInfo, mono_ns: int) -> Iterator[Event]:
        self.story.policy = policy
        yield from ()

    def _reject(self, name: str, because: str) -> None:
        self._shell.metrics.add('topic_messages_rejected_total', topic=name,
                                node=self._shell.name)
        self._shell.complain(name, because)
