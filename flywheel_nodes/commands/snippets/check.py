"""`flywheel snippets verify`: whether snippets are whole and say the truth."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
import sys

from flywheel_nodes.commands.snippets import place
from flywheel_nodes.core.wording import count
from flywheel_nodes.effects.progress import Progress
from flywheel_nodes.effects.recording import snippet_folder, verification

HELP = 'check hashes, CRCs, every message, label and metadata; exit code 1 when one is bad'


def add_arguments(parser: ArgumentParser) -> None:
    """Declare which."""
    parser.add_argument('snippet', nargs='*', help=f'{place.WHICH}; none: all')
    parser.add_argument('--verbose', '-v', action='store_true', help='every problem, one a line')


def run(args: Namespace) -> int:
    """Check them; 1 when one is bad."""
    root = place.root_of(args)
    folders = place.find_all(root, args.snippet) if args.snippet else root.published()
    sizes = {folder: snippet_folder.size(folder) / 2**20 for folder in folders}
    progress = Progress(sys.stderr, sum(sizes.values()), 'MiB')
    bad, done = 0, 0.0
    for folder in folders:
        progress.show(done, folder.name)
        found = verification.verify(folder)
        done += sizes[folder]
        bad += bool(found)
        progress.done()
        place.print_lines(_told(folder, found, args.verbose))
    whole = len(folders) - bad
    print(f'{whole} of {count(len(folders), "snippet")} {"is" if whole == 1 else "are"} whole')
    return 1 if bad else 0


def _told(folder: Path, found: list[str], verbose: bool) -> list[str]:
    if not found:
        return [f'ok   {folder.name}']
    if verbose:
        return [f'BAD  {folder.name}', *(f'     - {one}' for one in found)]
    more = f' (and {len(found) - 1} more: --verbose)' if len(found) > 1 else ''
    return [f'BAD  {folder.name}: {found[0]}{more}']
