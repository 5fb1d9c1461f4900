"""What the thread that writes snippets has to tell."""

from dataclasses import dataclass

from flywheel_nodes.core.errors import StorageError
from flywheel_nodes.core.recording.label import Label
from flywheel_nodes.effects.recording.reconcile import Found
from flywheel_nodes.effects.recording.shelf import Evicted, Room
from flywheel_nodes.effects.recording.snippet_file import Discarded, Saved


@dataclass(frozen=True)
class Failed:
    """A snippet could not be written; what was written of it stays in staging."""

    draft: Label
    because: str


@dataclass(frozen=True)
class Blocked:
    """The disk takes no snippets until further notice."""

    because: str
    free_bytes: int


@dataclass(frozen=True)
class Clear:
    """The disk takes snippets again."""

    blocked_s: float


@dataclass(frozen=True)
class Trouble:
    """Something a person should look at; recording goes on."""

    because: str


Outcome = Saved | Discarded | Failed | Found | Room | Trouble | Evicted | Blocked | Clear


def reason(error: Exception) -> str:
    """Return an error in a few words; one that is not the disk's with its kind."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, OSError | StorageError):
        return str(error)
    return f'{type(error).__name__}: {error}'
