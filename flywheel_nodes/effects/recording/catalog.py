"""catalog.sqlite: a pure cache of the snippets' labels, rebuilt from the folders at any time."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
import sqlite3

from flywheel_nodes.core.errors import StorageError
from flywheel_nodes.core.recording.label import Label

_TABLE = """
CREATE TABLE IF NOT EXISTS snippets (
    name TEXT PRIMARY KEY, id TEXT, trigger TEXT, robot TEXT, policy TEXT, episode TEXT,
    reasons TEXT, started_wall_ns INTEGER, duration_s REAL, messages INTEGER, bytes INTEGER,
    recovered TEXT
)
"""
_ROW = 'INSERT OR REPLACE INTO snippets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'


class Catalog:
    """The rows of one data directory; used from one thread. All methods raise StorageError."""

    def __init__(self, path: Path) -> None:
        """Name the file; it is opened, or made, when it is first needed."""
        self._path = path
        self._base: sqlite3.Connection | None = None

    def rebuild(self, snippets: Iterable[tuple[str, Label]]) -> None:
        """Replace all rows by those of the snippets that are there, by folder name."""
        with self._changing() as base:
            base.execute('DELETE FROM snippets')
            base.executemany(_ROW, (_row(name, label) for name, label in snippets))

    def add(self, name: str, label: Label) -> None:
        """Add one snippet."""
        with self._changing() as base:
            base.execute(_ROW, _row(name, label))

    def names(self) -> list[str]:
        """Return the folder names that have a row."""
        with self._changing() as base:
            return [row[0] for row in base.execute('SELECT name FROM snippets ORDER BY name')]

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
        base.execute(_TABLE)
    except sqlite3.DatabaseError:
        base.close()
        raise
    return base


def _row(name: str, label: Label) -> tuple[str | int | float, ...]:
    policy = label.policy.name if label.policy else ''
    episode = label.episode.id if label.episode else ''
    reasons = ','.join(one.reason for one in label.interventions if one.reason)
    return (name, label.id, label.trigger, label.robot.name, policy, episode, reasons,
            label.window.start.wall_ns, label.duration_s, label.messages, label.bytes,
            label.recovered)
