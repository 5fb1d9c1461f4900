"""`flywheel snippets ticks`: what was proposed, requested and executed, tick by tick."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from flywheel_nodes.commands.snippets import place
from flywheel_nodes.core.recording import tick_view
from flywheel_nodes.core.recording.tick_table import TickTable
from flywheel_nodes.core.wording import count
from flywheel_nodes.effects import screen
from flywheel_nodes.effects.recording import snippet_reader, tick_files
from flywheel_nodes.effects.recording.snippet_folder import read_label

HELP = 'proposed, requested and executed, tick by tick: a glance, or all of it as a file'


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('snippet', help=place.WHICH)
    parser.add_argument('--all', action='store_true',
                        help=f'every tick, not only the first and last {tick_view.ENDS}')
    parser.add_argument('--columns', default='', metavar='A,B',
                        help='which columns, e.g. mode,proposed,executed/vx, or all '
                             f'(default: {",".join(tick_view.SHORT)},executed)')
    parser.add_argument('--csv', type=Path, metavar='FILE',
                        help='write every tick and column to a file')
    parser.add_argument('--parquet', type=Path, metavar='FILE',
                        help='the same as Parquet; needs pyarrow')


def run(args: Namespace) -> int:
    """Print or write them."""
    folder = place.find(place.root_of(args), args.snippet)
    table = snippet_reader.ticks(folder)
    for path, write in ((args.csv, tick_files.write_csv),
                        (args.parquet, tick_files.write_parquet)):
        if path is not None:
            write(table, path)
            print(f'{_told(table)} to {path}')
    if args.csv is None and args.parquet is None:
        _print(table, folder, args)
    return 0


def _told(table: TickTable) -> str:
    left = f' ({count(table.undecoded, "message")} did not decode)' if table.undecoded else ''
    return f'{count(len(table.rows), "tick")}{left}'


def _print(table: TickTable, folder: Path, args: Namespace) -> None:
    columns = [word.strip() for word in args.columns.split(',') if word.strip()]
    zero_ns = read_label(folder).window.trigger.wall_ns
    chosen = tick_view.view(table, columns, zero_ns)
    place.print_lines(tick_view.lines(table, chosen, screen.columns(), args.all))
    if table.rows and not args.all:
        print('every row: --all; every row and column: --csv FILE or --parquet FILE')
