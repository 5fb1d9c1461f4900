"""`flywheel snippets merge`: one bag of several snippets."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
import sys

from flywheel_nodes.commands.snippets import place
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.wording import count
from flywheel_nodes.effects.progress import Progress
from flywheel_nodes.effects.recording.merge import Merge

HELP = 'make one bag of several snippets, in order of time, overlaps only once'


def add_arguments(parser: ArgumentParser) -> None:
    """Declare which and where to."""
    parser.add_argument('snippet', nargs='+', help=place.WHICH)
    parser.add_argument('--out', type=Path, required=True, metavar='DIR',
                        help='the folder of the new bag; it must not exist')


def run(args: Namespace) -> int:
    """Merge them."""
    root = place.root_of(args)
    out = args.out.absolute()
    if out.exists():
        raise ConfigError(f'{args.out} exists already: it is not overwritten')
    if not out.parent.is_dir():
        raise ConfigError(f'{args.out.parent}: no such folder')
    merge = Merge(place.find_all(root, args.snippet))
    total = sum(one.messages for one in merge.labels)
    progress = Progress(sys.stderr, total, 'messages')
    try:
        label = merge.write(out, lambda done: progress.show(done, 'merging'))
    finally:
        progress.done()
    print(f'{count(label.messages, "message")} of {count(len(merge.labels), "snippet")} in '
          f'{args.out}; {count(merge.dropped, "duplicate")} dropped')
    return 0
