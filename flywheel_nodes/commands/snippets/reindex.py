"""`flywheel snippets reindex`: makes catalog.sqlite anew, and MCAP files that lost their index."""

from argparse import ArgumentParser, Namespace
import sys

from flywheel_nodes.commands.snippets import place
from flywheel_nodes.core.wording import count
from flywheel_nodes.effects.progress import Progress
from flywheel_nodes.effects.recording import reindexing
from flywheel_nodes.effects.recording.reconcile import Fate
from flywheel_nodes.effects.recording.snippet_changes import CATALOG, catalogue
from flywheel_nodes.effects.recording.snippet_folder import SnippetRoot
from flywheel_nodes.effects.run_dir import check_free

HELP = 'make the catalogue anew from the folders, and the index of MCAP files that lost it'


def add_arguments(parser: ArgumentParser) -> None:
    """Declare which."""
    parser.add_argument('snippet', nargs='*',
                        help=f'whose MCAP file to look at: {place.WHICH}; none: all')


def run(args: Namespace) -> int:
    """Mend files first, then the catalogue; 1 when something went into quarantine."""
    root = place.root_of(args)
    folders = place.find_all(root, args.snippet) if args.snippet else root.published()
    torn = [folder for folder in folders if reindexing.unindexed(folder)
            and folder.resolve().parent == root.path.resolve()]
    if torn:  # a recorder that clears up at the same time would take the same folders
        check_free(root.path.parent, 'snippet_recorder')
    lost = 0
    for folder in torn:
        found = reindexing.reindex(root, folder)
        lost += found.fate is Fate.QUARANTINED
        print(f'{found.name}: {found.fate}{": " if found.reason else ""}{found.reason}')
    print(f'{count(_catalogue(root), "snippet")} in {root.path.parent / CATALOG}')
    return 1 if lost else 0


def _catalogue(root: SnippetRoot) -> int:
    progress = Progress(sys.stderr, len(root.published()), 'snippets')
    try:
        with catalogue(root) as catalog:
            return reindexing.catalogue(root, catalog,
                                        lambda done: progress.show(done, 'reading labels'))
    finally:
        progress.done()
