"""
catalog.sqlite: a pure cache of the snippets' labels and states, for those who look for some.

It is rebuilt from the folders at any time; the folders alone are the truth.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
import sqlite3

from flywheel_nodes.core.errors import StorageError
from flywheel_nodes.core.recording.label import Label
from flywheel_nodes.core.recording.retention import Kept
from flywheel_nodes.core.recording.state import State, Upload

VERSION = 2
_COLUMNS = (
    'name TEXT PRIMARY KEY', 'id TEXT', 'trigger TEXT', 'robot TEXT', 'policy TEXT',
    'episode TEXT', 'task TEXT', 'reasons TEXT', 'outcomes TEXT', 'started_wall_ns INTEGER',
    'duration_s REAL', 'messages INTEGER', 'bytes INTEGER', 'priority INTEGER', 'recovered TEXT',
    'pinned INTEGER', 'upload TEXT', 'redacted INTEGER', 'damage TEXT')
_TABLE = f'CREATE TABLE IF NOT EXISTS snippets ({", ".join(_COLUMNS)})'
_ROW = f'INSERT OR REPLACE INTO snippets VALUES ({", ".join("?" * len(_COLUMNS))})'
_KEPT = ('SELECT name, bytes, started_wall_ns, priority, pinned, upload, redacted, damage '
         'FROM snippets ORDER BY name')
_TOTALS = ('SELECT COUNT(*), COALESCE(SUM(bytes), 0), COALESCE(MIN(started_wall_ns), 0), '
           "COALESCE(SUM(damage != ''), 0) FROM snippets")
_WAITING = ('SELECT COUNT(*), COALESCE(SUM(bytes), 0), COALESCE(MIN(started_wall_ns), 0) '
            "FROM snippets WHERE upload='pending'")
_NEXT = "SELECT name FROM snippets WHERE upload='pending' AND name > ? ORDER BY name LIMIT ?"


@dataclass(frozen=True)
class Waiting:
    """What waits for its upload; oldest_ns: wall clock, 0 without any."""

    count: int = 0
    bytes: int = 0
    oldest_ns: int = 0


NONE_WAITING = Waiting()


@dataclass(frozen=True)
class Totals:
    """All rows together; oldest_ns: wall clock, 0 without any; damaged: states not readable."""

    count: int
    bytes: int
    oldest_ns: int
    damaged: int


class Catalog:
    """The rows of one data directory; used from one thread. All methods raise StorageError."""

    def __init__(self, path: Path) -> None:
        """Name the file; it is opened, or made, when it is first needed."""
        self._path = path
        self._base: sqlite3.Connection | None = None

    def rebuild(self, snippets: Iterable[tuple[str, Label, State]]) -> None:
        """Replace all rows by those of the snippets that are there, by folder name."""
        with self._changing() as base:
            base.execute('DELETE FROM snippets')
            base.executemany(_ROW, (_row(*one) for one in snippets))

    def add(self, name: str, label: Label, state: State) -> None:
        """Add one snippet."""
        with self._changing() as base:
            base.execute(_ROW, _row(name, label, state))

    def set_state(self, name: str, state: State) -> None:
        """Note what has changed in a snippet's state."""
        with self._changing() as base:
            base.execute('UPDATE snippets SET pinned=?, upload=?, redacted=?, damage=? '
                         'WHERE name=?', (*_state(state), name))

    def remove(self, name: str) -> None:
        """Remove one snippet's row, if there is one."""
        with self._changing() as base:
            base.execute('DELETE FROM snippets WHERE name=?', (name,))

    def names(self) -> list[str]:
        """Return the folder names that have a row."""
        with self._changing() as base:
            return [row[0] for row in base.execute('SELECT name FROM snippets ORDER BY name')]

    def kept(self) -> list[Kept]:
        """Return what decides about each snippet's removal, with its state as last noted."""
        with self._changing() as base:
            return [Kept(name, size, made, priority, State(
                        bool(pinned), Upload(upload), bool(redacted), damage))
                    for name, size, made, priority, pinned, upload, redacted, damage
                    in base.execute(_KEPT)]

    def totals(self) -> Totals:
        """Return what all snippets take together."""
        with self._changing() as base:
            return Totals(*base.execute(_TOTALS).fetchone())

    def waiting(self) -> Waiting:
        """Return what waits for its upload, as last noted."""
        with self._changing() as base:
            return Waiting(*base.execute(_WAITING).fetchone())

    def next_waiting(self, after: str, most: int) -> list[str]:
        """Return the next names, in their order, of what waits for its upload."""
        with self._changing() as base:
            return [row[0] for row in base.execute(_NEXT, (after, most))]

    def close(self) -> None:
        """Close the file."""
        if self._base is not None:
            self._base.close()

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        try:
            self._base = self._base or _opened(self._path)
            with self._base:
                yield self._base
        except sqlite3.Error as error:
            raise StorageError(f'{self._path}: {error}') from None


def _opened(path: Path) -> sqlite3.Connection:
    try:
        return _connect(path)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        path.unlink()  # not a database any more, and nothing but a cache
        return _connect(path)


def _connect(path: Path) -> sqlite3.Connection:
    base = sqlite3.connect(path)
    try:
        (version,) = base.execute('PRAGMA user_version').fetchone()
        if version != VERSION:
            base.execute('DROP TABLE IF EXISTS snippets')
            base.execute(f'PRAGMA user_version={VERSION}')
        base.execute(_TABLE)
    except sqlite3.DatabaseError:
        base.close()
        raise
    return base


def _row(name: str, label: Label, state: State) -> tuple[str | int | float, ...]:
    policy = label.policy.name if label.policy else ''
    episode = (label.episode.id, label.episode.task) if label.episode else ('', '')
    reasons = ','.join(one.reason for one in label.interventions if one.reason)
    outcomes = [one.outcome for one in label.interventions]
    outcomes += [label.episode.outcome] if label.episode else []
    return (name, label.id, label.trigger, label.robot.name, policy, *episode, reasons,
            ','.join(filter(None, outcomes)), label.window.start.wall_ns, label.duration_s,
            label.messages, label.bytes, label.priority, label.recovered, *_state(state))


def _state(state: State) -> tuple[bool, str, bool, str]:
    return state.pinned, str(state.upload), state.redacted, state.damage
