"""What may become the value of a label: words of others are cut, topics need to be allowed."""

from collections.abc import Collection, Iterable
from functools import lru_cache

from flywheel_nodes.core import topics
from flywheel_nodes.core.metrics import Labels
from flywheel_nodes.core.recording.selection import matches, SHARED
from flywheel_nodes.core.robot import Robot

LONGEST = 100
NAMELESS = 'unnamed'
REST = 'other'
_REMEMBERED = 4096


def tidy(text: str, longest: int = LONGEST) -> str:
    """Return what somebody else calls itself as a label: short, printable, on one line."""
    cut = text[:longest].strip()
    return ''.join(c if c.isprintable() else '_' for c in cut) or NAMELESS


class Few:
    """Words of others as labels: the first of them, and all that come later as one."""

    def __init__(self, most: int) -> None:
        """Begin without any."""
        self._most = most
        self._kept: set[str] = set()

    def label(self, text: str) -> str:
        """Return what stands for a text; '' stays as it is."""
        if not text:
            return ''
        text = tidy(text)
        if text not in self._kept and len(self._kept) >= self._most:
            return REST
        self._kept.add(text)
        return text


def ours(robot: Robot) -> frozenset[str]:
    """Return the topics of a robot that are known beforehand, by their relative names."""
    cameras = (topics.camera(topic, name).name for name in robot.cameras
               for topic in (topics.CAMERA, topics.CAMERA_RAW))
    table = (topic.name for topic in topics.TOPICS if '*' not in topic.name)
    return frozenset([*table, *cameras, *robot.rates])


class TopicLabels:
    """The topics that may be a `topic` label: those known beforehand, and some patterns."""

    def __init__(self, namespace: str, known: Collection[str], patterns: Iterable[str]) -> None:
        """
        Allow some topics.

        :param known: relative names
        :param patterns: of relative names, with a leading slash of full ones
        """
        self._namespace = namespace
        self._known = frozenset([*known, *SHARED])
        self._patterns = tuple(patterns)
        self.allow = lru_cache(_REMEMBERED)(self._allow)  # names come again with each report

    def _allow(self, name: str) -> bool:
        full = topics.absolute(name, self._namespace)
        return name in self._known or full in self._known or any(
            matches(full, pattern, self._namespace) for pattern in self._patterns)

    def objection(self, names: Labels, values: Labels) -> str:
        """Return why a series with these labels is refused, '' when it is not."""
        if 'topic' not in names:
            return ''
        value = values[names.index('topic')]
        return '' if self.allow(value) else f'topic {value!r:.120} is not among `topics`'
