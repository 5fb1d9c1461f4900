"""`flywheel dashboards preview`: draws dashboards from a Prometheus, for who has no Grafana."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
import time

from flywheel_nodes.commands.dashboards.needs import needs
from flywheel_nodes.core.dashboards.catalogue import BY_UID
from flywheel_nodes.core.dashboards.variables import ALL
from flywheel_nodes.core.errors import ConfigError

HELP = 'draw dashboards as pictures from what a Prometheus has'


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of this verb."""
    parser.add_argument('--url', required=True, metavar='PROMETHEUS',
                        help='where Prometheus answers, such as http://127.0.0.1:9090')
    parser.add_argument('--dashboard', metavar='UID', choices=BY_UID, action='append',
                        help='only this one; may be repeated; one of ' + ', '.join(BY_UID))
    parser.add_argument('--out', metavar='DIR', type=Path, default=Path('build/dashboards'),
                        help='where the pictures go (%(default)s)')
    parser.add_argument('--minutes', metavar='N', type=float, default=60.0,
                        help='how far to look back (%(default)g)')
    parser.add_argument('--robot', metavar='REGEX', default=ALL, help='which robots (all)')
    parser.add_argument('--site', metavar='REGEX', default=ALL, help='which sites (all)')
    parser.add_argument('--scrape', metavar='SECONDS', type=float, default=5.0,
                        help='the scrape interval (%(default)g)')
    parser.add_argument('--light', action='store_true', help='on white instead of on black')


def run(args: Namespace) -> int:
    """Draw one picture a dashboard and say where it is and what is empty in it."""
    if not (args.minutes > 0 and args.scrape > 0):
        raise ConfigError('dashboards preview: --minutes and --scrape must be above 0')
    with needs('preview', 'matplotlib'):
        from flywheel_nodes.effects.preview.picture import draw
    from flywheel_nodes.effects.preview.answers import Period, Source
    end = time.time()
    period = Period(end - 60 * args.minutes, end, args.scrape)
    source = Source(args.url, period, {'robot': args.robot, 'site': args.site})
    args.out.mkdir(parents=True, exist_ok=True)
    for uid in args.dashboard or BY_UID:
        path = args.out / f'{uid}.png'
        empty = draw(BY_UID[uid], source, path, dark=not args.light)
        print(f'{path}{": no data for " + ", ".join(empty) if empty else ""}')
    return 0
