"""`flywheel snippets pin` and `unpin`: what the quota must never take."""

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path

from flywheel_nodes.commands.snippets import place
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.wording import count
from flywheel_nodes.effects.recording.snippet_changes import changing, set_state
from flywheel_nodes.effects.recording.snippet_folder import read_state, SnippetRoot

HELP = '{verb} snippets: pinned ones are kept whatever the quota says'


def add_arguments(parser: ArgumentParser) -> None:
    """Declare which."""
    parser.add_argument('snippet', nargs='+', help=place.WHICH)


def run(args: Namespace) -> int:
    """Write their state; all of them are found first."""
    root, pinned = place.root_of(args), args.verb == 'pin'
    folders = place.find_all(root, args.snippet)
    for folder in folders:
        _pin(root, folder, pinned)
    print(f'{count(len(folders), "snippet")} {args.verb}ned')
    return 0


def _pin(root: SnippetRoot, folder: Path, pinned: bool) -> None:
    with changing(folder):
        state = read_state(folder)
        if state.damage and not pinned:
            raise ConfigError(f'{state.damage}: nothing is known of what must stay; '
                              '`flywheel snippets pin` writes it anew')
        set_state(root, folder, replace(state, pinned=pinned, damage=''))
