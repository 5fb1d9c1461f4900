"""`flywheel snippets list`: one line per snippet, newest last."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
import time

from flywheel_nodes.commands.snippets import place
from flywheel_nodes.core.ids import short
from flywheel_nodes.core.recording.brief import Brief, Filter, FLAGS, flags
from flywheel_nodes.core.text_table import Column, table
from flywheel_nodes.core.wording import count, moment, utc
from flywheel_nodes.effects import screen
from flywheel_nodes.effects.recording.snippet_folder import SnippetRoot

HELP = 'one line per snippet, newest last; filters narrow it down'
COLUMNS = (Column('id'), Column('started'), Column('trigger', least=8), Column('policy', least=6),
           Column('s', right=True), Column('msgs', right=True), Column('MiB', right=True),
           Column('reasons', least=7), Column(''))
_WIDE = 100


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the filters."""
    for name, meaning in (
            ('trigger', 'a rule or event behind it, e.g. policy_alarm'),
            ('policy', "a policy's name, or name and version: 'steady 3'"),
            ('reason', 'why a human intervened, e.g. stuck'),
            ('outcome', 'of the episode or of an intervention, e.g. success')):
        parser.add_argument(f'--{name}', default='', metavar='NAME', help=meaning)
    parser.add_argument('--since', default='', metavar='WHEN',
                        help='started then or later: 90s, 30m, 2h, 3d or 1w ago, or a date or '
                             'time like 2026-11-22T04:25 (UTC)')
    parser.add_argument('--until', default='', metavar='WHEN', help='started before then')
    parser.add_argument('--recovered', action='store_true', help='only what survived a crash')
    parser.add_argument('--pinned', action='store_true', help='only what is never evicted')
    parser.add_argument('--limit', type=_positive, metavar='N', help='only the newest N')
    parser.add_argument('--json', action='store_true', help='one array, for other programs')


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise ArgumentTypeError(f'{text!r}: give a whole number from 1 on')
    return number


def run(args: Namespace) -> int:
    """List them."""
    root = place.root_of(args)
    wanted = _filter(args)
    everything = place.all_briefs(root)
    found = [one for one in everything if wanted.takes(one)]
    found = found[-args.limit:] if args.limit else found
    if args.json:
        place.print_json(found)
    else:
        place.print_lines(_told(root, found, len(everything)))
    return 0


def _filter(args: Namespace) -> Filter:
    now = time.time_ns()
    return Filter(
        args.trigger, args.policy, args.robot if args.data_dir else '', args.reason, args.outcome,
        moment(args.since, now) if args.since else None,
        moment(args.until, now) if args.until else None, args.recovered, args.pinned)


def _told(root: SnippetRoot, found: Sequence[Brief], of: int) -> list[str]:
    if not of:
        return [f'no snippets in {root.path}']
    if not found:
        return [f'none of {count(of, "snippet")} in {root.path} is like that']
    width = screen.columns()
    rest = f' of {of:,}' if len(found) < of else ''
    return [*table(COLUMNS, [_row(one, width) for one in found], width), *_meanings(found),
            f'{count(len(found), "snippet")}{rest} in {root.path}, '
            f'{sum(one.bytes for one in found) / 2**20:.1f} MiB']


def _row(one: Brief, width: int) -> tuple[str, ...]:
    started = utc(one.started_wall_ns, '%Y-%m-%d %H:%M:%S' if width >= _WIDE else '%m-%d %H:%M')
    if one.damage:
        return (one.name[-10:-2], '-', '-', '-', '-', '-', '-', '-', flags(one))
    return (short(one.id), started, one.trigger, one.policy or '-', f'{one.duration_s:.1f}',
            str(one.messages), f'{one.bytes / 2**20:.1f}', ','.join(one.reasons) or '-',
            flags(one))


def _meanings(found: Sequence[Brief]) -> list[str]:
    letters = {letter for one in found for letter in flags(one)}
    told = [f'{letter} {meaning}' for letter, (meaning, _) in FLAGS.items() if letter in letters]
    return ['flags: ' + ', '.join(told)] if told else []
