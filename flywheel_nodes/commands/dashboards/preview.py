"""`flywheel dashboards preview`: draws dashboards from a Prometheus, for who has no Grafana."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
import time

from flywheel_nodes.commands.dashboards.needs import needs
from flywheel_nodes.core.dashboards.catalogue import BY_UID
from flywheel_nodes.core.dashboards.variables import ALL
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects.preview.answers import Period, Source

HELP = 'draw dashboards as pictures from what a Prometheus has'
MOST_MINUTES, MOST_SCRAPE_S, MOST_NAMED = 525_600.0, 3600.0, 10


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
    with needs('preview', 'matplotlib'):
        from flywheel_nodes.effects.preview.picture import draw
    source = _source(args)
    _require_robots(source)
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        for uid in args.dashboard or BY_UID:
            path = args.out / f'{uid}.png'
            empty = draw(BY_UID[uid], source, path, dark=not args.light)
            print(f'{path}{": no data for " + ", ".join(empty) if empty else ""}')
    except OSError as error:
        raise ConfigError(f'--out {args.out}: {error.strerror}: choose another folder') from None
    return 0


def _source(args: Namespace) -> Source:
    for option, value, most in (('--minutes', args.minutes, MOST_MINUTES),
                                ('--scrape', args.scrape, MOST_SCRAPE_S)):
        if not 0 < value <= most:
            raise ConfigError(f'{option} {value:g}: above 0 and at most {most:g} is needed')
    end = time.time()
    return Source(args.url, Period(end - 60 * args.minutes, end, args.scrape),
                  {'robot': args.robot, 'site': args.site})


def _require_robots(source: Source) -> None:
    """Raise ConfigError where all panels would be empty: nothing matches, or nothing was sent."""
    if source.robots():
        return
    found = source.everybody().robots()
    there = ', '.join([*found[:MOST_NAMED], *(['...'] if len(found) > MOST_NAMED else [])])
    raise ConfigError('no robot matches --robot and --site in this time; there '
                      f'{"is" if len(found) == 1 else "are"} {there}' if found else
                      f'{source.url} has nothing from any robot in this time: give more --minutes')
