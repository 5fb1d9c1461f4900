"""How the policy fared after a resume: known when snippets are written, so in their state."""

from dataclasses import dataclass, replace
from pathlib import Path

from flywheel_nodes.core.errors import StorageError
from flywheel_nodes.core.recording.label import Label
from flywheel_nodes.core.recording.state import State, with_judged
from flywheel_nodes.effects.recording.snippet_changes import changing
from flywheel_nodes.effects.recording.snippet_folder import (
    LABEL,
    read_label,
    read_state,
    SnippetRoot,
    write_state,
)

MOST_SNIPPETS = 200


@dataclass(frozen=True)
class Judgement:
    """Whether the policy did well after the resume that followed an intervention."""

    intervention: str
    resumed_ok: bool


class Judgements:
    """Writes each into the snippets that hold its intervention, used from one thread."""

    def __init__(self, root: SnippetRoot) -> None:
        """Begin without any."""
        self._root = root
        self._heard = State()

    def take(self, one: Judgement) -> list[Path]:
        """
        Write one into the newest published snippets, and keep it for those that are still open.

        :return: the folders whose state has changed; it is on the disk
        :raises StorageError: when the disk refuses
        """
        self._heard = with_judged(self._heard, one.intervention, one.resumed_ok)
        newest = self._root.published()[-MOST_SNIPPETS:]
        return [folder for folder in newest if _holds(folder, one.intervention)
                and _write(folder, one)]

    def known(self, label: Label, state: State) -> State:
        """Return a new snippet's state with what is known of its interventions already."""
        ids = [one.id for one in label.interventions]
        heard = {key: ok for key, ok in self._heard.judged.items() if key in ids}
        return replace(state, judged={**state.judged, **heard})


def _holds(folder: Path, intervention: str) -> bool:
    """Tell whether a snippet's label speaks of it; most labels need not be parsed for that."""
    try:
        if intervention.encode() not in (folder / LABEL).read_bytes():
            return False
        return any(one.id == intervention for one in read_label(folder).interventions)
    except (OSError, StorageError):
        return False  # removed meanwhile, or damaged: there is nobody to tell


def _write(folder: Path, one: Judgement) -> bool:
    try:
        with changing(folder):
            state = read_state(folder)
            after = with_judged(state, one.intervention, one.resumed_ok)
            if state.damage or after == state:
                return False  # what a damaged one said must not be lost by writing it anew
            write_state(folder, after)
    except StorageError:
        if folder.is_dir():
            raise
        return False
    return True
