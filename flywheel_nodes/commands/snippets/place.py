"""Where snippets are looked for, how one is named, and how what is found is told."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
import json
from pathlib import Path
import sys
from typing import Any

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.ids import short
from flywheel_nodes.core.plain import to_plain
from flywheel_nodes.core.recording.brief import Brief
from flywheel_nodes.effects.config_files import default_data_dir
from flywheel_nodes.effects.progress import Progress
from flywheel_nodes.effects.recording import briefs
from flywheel_nodes.effects.recording.snippet_folder import LABEL, SnippetRoot

WHICH = 'id, its last digits, folder name or path; see `flywheel snippets list`'


def parent() -> ArgumentParser:
    """Return the arguments that every verb has."""
    place = ArgumentParser(add_help=False)
    place.add_argument('--robot', default='',
                       help="whose data directory (default: sim); for `list` with --data-dir: "
                            "only this robot's snippets")
    place.add_argument('--data-dir', type=Path, metavar='DIR',
                       help='or the data directory itself, as given to `flywheel up`')
    return place


def root_of(args: Namespace) -> SnippetRoot:
    """Return where the snippets lie; raises ConfigError when that is no folder."""
    data_dir = args.data_dir or default_data_dir(args.robot or 'sim')
    if not data_dir.is_dir():
        raise ConfigError(f'{data_dir}: no such data directory: name it with --data-dir')
    return SnippetRoot(data_dir)


def find(root: SnippetRoot, wanted: str) -> Path:
    """Return the folder of a snippet; raises ConfigError when there is none or several."""
    path = Path(wanted)
    # Of a link the snippet is meant to which it leads.
    if path.is_dir() and (path / LABEL).is_file():
        return path.resolve() if path.is_symlink() else path
    if (root.path / wanted / LABEL).is_file() and path.name == wanted:
        linked = (root.path / wanted).is_symlink()
        return (root.path / wanted).resolve() if linked else root.path / wanted
    # A folder's name ends in the last digits of its id, so that only few labels must be read.
    near = [one for one in root.published() if f'{wanted[-8:]}_0' in one.name]
    found = [one for one in briefs.read(near) or all_briefs(root) if _means(wanted, one)]
    if len(found) != 1:
        raise ConfigError(f'{wanted}: {len(found) or "no"} such snippets in {root.path}: see '
                          '`flywheel snippets list`')
    return root.path / found[0].name


def find_all(root: SnippetRoot, wanted: Sequence[str]) -> list[Path]:
    """Return the folders of several snippets, each once, in the order of their names."""
    return list(dict.fromkeys(find(root, one) for one in wanted))


def _means(wanted: str, one: Brief) -> bool:
    return bool(one.id) and (wanted in (one.id, short(one.id)) or (
        len(wanted) > 1 and one.id.endswith(wanted)))


def all_briefs(root: SnippetRoot) -> list[Brief]:
    """Return a brief of each snippet, the oldest first."""
    folders = root.published()
    progress = Progress(sys.stderr, len(folders), 'snippets')
    try:
        return briefs.read(folders, lambda done: progress.show(done, 'reading labels'))
    finally:
        progress.done()


def print_json(value: Any) -> None:
    """Print a value of dataclasses as JSON."""
    print(json.dumps(to_plain(value), indent=1))


def print_lines(lines: Iterable[str]) -> None:
    """Print lines; characters that the terminal cannot show become question marks."""
    encoding = sys.stdout.encoding or 'ascii'
    for line in lines:
        print(line.encode(encoding, 'replace').decode(encoding))
