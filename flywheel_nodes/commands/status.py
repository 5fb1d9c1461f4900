"""`flywheel status`: how a robot is, as its exporter tells it, live in a terminal or once."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
import json
import math
import os
from pathlib import Path
import queue
import select
import signal
import sys
import threading
import time
from types import FrameType
from typing import Any

from flywheel_nodes.core.drawing import coloured, plain
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.plain import to_plain
from flywheel_nodes.core.status.facts import Facts
from flywheel_nodes.core.status.gather import gather, NOBODY
from flywheel_nodes.core.status.page import Page, screen, text
from flywheel_nodes.core.status.problem import bad, Problem
from flywheel_nodes.core.status.problems import problems
from flywheel_nodes.core.status.scrape import Scrape
from flywheel_nodes.core.status.watch import Watch
from flywheel_nodes.core.teleop.keyboard import keys
from flywheel_nodes.core.wording import utc
from flywheel_nodes.effects.config_files import default_data_dir, load_robot, read_text
from flywheel_nodes.effects.node_processes import node_processes
from flywheel_nodes.effects.private_file import check_private
from flywheel_nodes.effects.run_dir import url_of
from flywheel_nodes.effects.scrape_client import ScrapeClient, Unreachable
from flywheel_nodes.effects.screen import blocks, colours, columns
from flywheel_nodes.effects.teleop.terminal import Terminal
from flywheel_nodes.effects.teleop.tls import client_context

HELP = 'show how a robot is: live in a terminal, or once'
ONCE_S = 4.0  # rates need two scrapes, and nodes report once a second
REDRAW_S = 0.2
PASSWORD = 'FLYWHEEL_PASSWORD'
# keys() names arrows by the letters they stand for; then there are the keys for pages.
SCROLL = {'w': -1, 'k': -1, 's': 1, 'j': 1, '\x1b[5~': -10, '\x1b[6~': 10, ' ': 10}
QUIT = ('q', '\x03', '\x04')


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--robot', default='sim', help='whose data directory (sim)')
    parser.add_argument('--data-dir', type=Path, help='or the data directory itself')
    parser.add_argument('--url', help='of the exporter; default: the one that runs on the data '
                                      'directory')
    parser.add_argument('--user', default='', help='who asks, where the exporter wants to know; '
                                                   f'the password is in ${PASSWORD}')
    parser.add_argument('--password-file', type=Path, help='or in this file')
    parser.add_argument('--ca', default='', help='PEM file of the CA behind https://; default: '
                                                 'those this machine trusts')
    parser.add_argument('--once', action='store_true',
                        help=f'measure for {ONCE_S:.0f} s, print, and end: 0 ready, 1 not')
    parser.add_argument('--json', action='store_true', help='once, for programs')
    parser.add_argument('--interval', type=_interval, default=2.0, metavar='S',
                        help='between two looks, in s (%(default)s)')


def _interval(given: str) -> float:
    try:
        value = float(given)
    except ValueError:
        value = 0.0
    if not 0.5 <= value <= 60.0:
        raise ArgumentTypeError(f'{given!r}: give seconds, 0.5 to 60')
    return value


def run(args: Namespace) -> int:
    """Show it until q, or once where nobody could press q."""
    if args.url is None and args.data_dir is None:
        load_robot(args.robot)  # one that nobody knows is told as such
    data_dir = args.data_dir or default_data_dir(args.robot)
    client = _client(args, data_dir)
    here = data_dir if args.url is None else None
    if args.json or args.once or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return _once(client, args.json, here)
    return Live(client, args.interval, here).run()


def _client(args: Namespace, data_dir: Path) -> ScrapeClient:
    url = url_of(data_dir, 'health_exporter') if args.url is None else args.url
    if not url and args.url is None:
        raise ConfigError(f'no exporter runs on {data_dir}: start the robot with `flywheel up`, '
                          'or give --data-dir or --url')
    tls = client_context(args.ca) if url.startswith('https:') else None
    return ScrapeClient(url, args.user, _password(args), tls)


def _password(args: Namespace) -> str:
    if args.password_file:
        check_private(args.password_file, '--password-file')
        return read_text(args.password_file).strip()
    return os.environ.get(PASSWORD, '')


def _once(client: ScrapeClient, as_json: bool, here: Path | None) -> int:
    watch = Watch()
    watch.take(client.scrape())
    time.sleep(ONCE_S)
    watch.take(client.scrape())
    told, found = _look(watch, here)
    if as_json:
        said = [{'level': str(one.level), 'sentence': one.sentence} for one in found]
        print(json.dumps(_finite({'problems': said, **to_plain(told)}), indent=2))
    else:
        page = Page(told, found, _clock(watch.seen().now), blocks(sys.stdout))
        show = coloured if colours(sys.stdout) else plain
        lines = text(page, columns(), whole=not sys.stdout.isatty())
        print('\n'.join(show(line).rstrip() for line in lines))
    return 0 if told.ready else 1


def _look(watch: Watch, here: Path | None) -> tuple[Facts, list[Problem]]:
    """Return what is to be shown; here: the data directory of a robot on this machine."""
    seen = watch.seen()
    processes = node_processes(here) if here and not seen.now.ready else NOBODY
    told = gather(seen, *watch.mode_s(), processes)
    return told, problems(seen, told)


def _clock(now: Scrape) -> str:
    return utc(int(now.wall_s * 1e9), '%H:%M:%S UTC')


def _finite(value: Any) -> Any:
    """Return plain values without NaN and infinity, which JSON has no words for."""
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


class Live:
    """The terminal; what is asked of the exporter is asked in a thread, so that keys are heard."""

    def __init__(self, client: ScrapeClient, interval_s: float, here: Path | None) -> None:
        """Know whom to ask, how often, and the data directory if that is on this machine."""
        self._client = client
        self._interval = interval_s
        self._here = here
        self._news: queue.Queue[Scrape | Unreachable] = queue.Queue(maxsize=1)
        self._left = threading.Event()
        self._watch = Watch()
        self._trouble = ''
        self._scrolled = 0

    def run(self) -> int:
        """Show the robot until somebody leaves; 0 when it was ready then."""
        self._watch.take(self._client.scrape())  # who cannot be reached at all is told in one line
        terminal = Terminal()
        before = {number: signal.signal(number, self._leave)
                  for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}
        threading.Thread(target=self._ask, name='scrapes', daemon=True).start()
        try:
            with terminal:
                while not self._left.is_set():
                    self._turn(terminal)
        finally:
            self._left.set()
            for number, handler in before.items():
                signal.signal(number, handler)
        return 0 if self._watch.seen().now.ready and not self._trouble else 1

    def _leave(self, number: int, frame: FrameType | None) -> None:
        self._left.set()

    def _ask(self) -> None:
        while not self._left.wait(self._interval):
            news: Scrape | Unreachable
            try:
                news = self._client.scrape()
            except Unreachable as error:
                news = error
            self._news.put(news)

    def _turn(self, terminal: Terminal) -> None:
        self._hear()
        width, height = terminal.size
        lines, self._scrolled = screen(self._page(), width, height, self._scrolled)
        terminal.draw(lines)
        if select.select([terminal.fd], [], [], REDRAW_S)[0]:
            self._typed(terminal.read())

    def _hear(self) -> None:
        while not self._news.empty():
            news = self._news.get()
            self._trouble = '' if isinstance(news, Scrape) else str(news)
            if isinstance(news, Scrape):
                self._watch.take(news)

    def _page(self) -> Page:
        told, found = _look(self._watch, self._here)
        if self._trouble:
            found = [bad(f'{self._trouble} What follows is old.'), *found]
        return Page(told, found, _clock(self._watch.seen().now), blocks(sys.stdout))

    def _typed(self, text: str) -> None:
        for key in keys(text) or QUIT:  # nothing: the terminal is gone
            if key in QUIT:
                self._left.set()
            self._scrolled += SCROLL.get(key, 0)
