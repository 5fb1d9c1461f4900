"""`flywheel snippets rm`: removes snippets for good."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
import sys

from flywheel_nodes.commands.snippets import place
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.recording.state import Upload
from flywheel_nodes.core.wording import count
from flywheel_nodes.effects.recording import snippet_changes
from flywheel_nodes.effects.recording.snippet_folder import read_state

HELP = 'remove snippets for good; asks first, and refuses what is pinned or waits for upload'


def add_arguments(parser: ArgumentParser) -> None:
    """Declare which, and how sure one is."""
    parser.add_argument('snippet', nargs='+', help=place.WHICH)
    parser.add_argument('--yes', '-y', action='store_true', help='do not ask')
    parser.add_argument('--force', action='store_true',
                        help='even what is pinned or waits for upload')


def run(args: Namespace) -> int:
    """Remove them all or, when one must stay, none; 1 when the answer is no."""
    root = place.root_of(args)
    folders = place.find_all(root, args.snippet)
    for folder in folders:
        if folder.resolve().parent != root.path.resolve():
            raise ConfigError(f'{folder} is not in {root.path}: name its own --data-dir')
        kept = _kept(folder)
        if kept and not args.force:
            raise ConfigError(f'{folder.name} {kept}: nothing is removed; unpin it, wait, or '
                              'give --force')
    if not args.yes and not _sure(folders):
        print('nothing is removed')
        return 1
    for folder in folders:
        snippet_changes.remove(root, folder)
    print(f'{count(len(folders), "snippet")} removed')
    return 0


def _kept(folder: Path) -> str:
    state = read_state(folder)
    if state.damage:
        return f'has a damaged state ({state.damage})'
    if state.upload is Upload.PENDING:
        return 'waits for its upload'
    return 'is pinned' if state.pinned else ''


def _sure(folders: Sequence[Path]) -> bool:
    if not sys.stdin.isatty():
        raise ConfigError('rm asks before it removes, and there is no terminal: give --yes')
    place.print_lines(f'  {folder.name}' for folder in folders)
    try:
        answer = input(f'Remove {count(len(folders), "snippet")} for good? [y/N] ')
    except EOFError:  # Ctrl-D
        answer = ''
        print()
    return answer.strip().lower() in ('y', 'yes')
