"""Reads what a list says of many snippets, from their labels: those are the truth."""

from collections.abc import Callable, Sequence
from pathlib import Path

from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.recording.brief import Brief, brief, with_state
from flywheel_nodes.effects.recording.snippet_folder import LABEL, read_state


def read(folders: Sequence[Path], seen: Callable[[int], None] = lambda done: None) -> list[Brief]:
    """
    Return one brief per snippet, the oldest first; one with a damaged label says so.

    :param folders: of snippets; one that is evicted meanwhile is left out
    :param seen: called with the number of folders read so far
    """
    found = []
    for done, folder in enumerate(folders):
        seen(done)
        try:
            text = (folder / LABEL).read_text(encoding='utf-8')
            one = brief(folder.name, text)
        except (OSError, UnicodeDecodeError, WireError) as error:
            if not folder.is_dir():
                continue
            one = Brief(folder.name, damage=str(error))
        found.append(with_state(one, read_state(folder)))
    return sorted(found, key=lambda one: (one.started_wall_ns, one.name))
