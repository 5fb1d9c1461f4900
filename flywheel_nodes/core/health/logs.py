"""
How much each node of the robot logs, by level.

Only the level and the logger's name of a rcl_interfaces/msg/Log are of interest: they are read
from its serialized form, because a driver may log a lot and decoding costs several times more.
"""

from collections.abc import Iterable
from functools import lru_cache

from flywheel_nodes.core import topics
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.metrics import Labels

OTHER = 'other'
LEVELS = {10: 'debug', 20: 'info', 30: 'warn', 40: 'error', 50: 'fatal'}
LONGEST = 512
_LEVEL, _LENGTH, _NAME = 12, 16, 20  # offsets behind 4 bytes of encoding and the stamp
_REMEMBERED = 1024


def head(data: bytes) -> tuple[int, str]:
    """Return level and logger of a serialized Log; raises WireError when it is none."""
    size = int.from_bytes(data[_LENGTH:_NAME], 'little' if data[1:2] == b'\1' else 'big')
    name = data[_NAME:_NAME + min(size - 1, LONGEST)]
    if not 0 < size <= len(data) - _NAME:
        raise WireError(f'{len(data)} bytes are no Log')
    return data[_LEVEL], name.decode(errors='replace')


def word(level: int) -> str:
    """Return the word for a level; one in between counts as the next worse."""
    return next((name for least, name in LEVELS.items() if level <= least), 'fatal')


class LogCounts:
    """Messages by node and level: of nodes known beforehand, all others as one."""

    def __init__(self, namespace: str, nodes: Iterable[str]) -> None:
        """
        Begin at 0 for each.

        :param nodes: as they become labels: names in the namespace, with a slash full ones
        """
        self._by_logger = {_dotted(topics.absolute(node, namespace)): node for node in nodes}
        self.counts: dict[Labels, float] = {
            (node, level): 0.0 for node in (*self._by_logger.values(), OTHER)
            for level in LEVELS.values()}
        self._node = lru_cache(_REMEMBERED)(self._find)

    def take(self, data: bytes) -> None:
        """Count a serialized Log; raises WireError when it is none."""
        level, logger = head(data)
        self.counts[self._node(logger), word(level)] += 1

    def _find(self, logger: str) -> str:
        """Return the node behind a logger, which may be a child of the node's own."""
        while logger and logger not in self._by_logger:
            logger = logger.rpartition('.')[0]
        return self._by_logger.get(logger, OTHER)


def _dotted(full: str) -> str:
    return full.strip('/').replace('/', '.')
