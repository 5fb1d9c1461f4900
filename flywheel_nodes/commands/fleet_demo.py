"""`flywheel fleet-demo`: robots, an agent and a Prometheus, and what it says of the fleet."""

from argparse import ArgumentParser, Namespace
import asyncio
from contextlib import closing, ExitStack
from pathlib import Path
import shutil
import signal
import sys
import time

from flywheel_nodes.core.errors import ConfigError, FlywheelError
from flywheel_nodes.core.fleet.roster import FLEET
from flywheel_nodes.effects import environment
from flywheel_nodes.effects.domains import Domain
from flywheel_nodes.effects.fleet.programs import found, PACKAGES, Programs
from flywheel_nodes.effects.fleet.stacks import Stack

HELP = 'show the numbers of a small fleet, and the queries behind them'
MARK = '.flywheel-fleet-demo'
MADE = ('config', 'prometheus', 'queue', 'steady', 'flawed', 'logs')


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--seconds', type=float, default=100.0,
                        help='how long the fleet works before it is asked (%(default)s)')
    parser.add_argument('--stay', action='store_true', help='go on afterwards, until Ctrl-C')
    parser.add_argument('--folder', type=Path, default=Path('build/fleet-demo'),
                        help='where data and logs go: an empty folder, or that of an earlier run, '
                             'whose files are removed (%(default)s)')


def run(args: Namespace) -> int:
    """Run the fleet; 0 only when every query had the answer it must have."""
    environment.check(())
    for name in PACKAGES:
        found(name)
    if not 1.0 <= args.seconds <= 86400.0:
        raise ConfigError(f'--seconds {args.seconds:g}: 1 to 86400 are allowed')
    folder = emptied(args.folder.absolute())
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as stack:
        programs = Programs(folder / 'logs')
        stack.callback(end, programs)
        steady, flawed = (Stack(name, name, folder / name, stack.enter_context(closing(Domain())))
                          for name in ('steady', 'flawed'))
        try:
            return asyncio.run(watch(args, folder, steady, flawed, programs))
        except KeyboardInterrupt:
            print('interrupted', file=sys.stderr)
            return 130


def emptied(folder: Path) -> Path:
    """Remove what an earlier run left, make what this one needs; raises ConfigError."""
    mark = folder / MARK
    try:
        if folder.exists() and not mark.exists() and any(folder.iterdir()):
            raise ConfigError(f'--folder {folder}: not empty and not made by fleet-demo: '
                              'choose another')
        for name in MADE:
            shutil.rmtree(folder / name, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        mark.touch()
        (folder / 'logs').mkdir()
    except OSError as error:
        raise ConfigError(f'--folder {folder}: {error.strerror}') from None
    return folder


async def watch(args: Namespace, folder: Path, steady: Stack, flawed: Stack,
                programs: Programs) -> int:
    """Run the show and say how it went."""
    from aiohttp import ClientError

    from flywheel_nodes.sim.fleet_show import Show  # imports rclpy, which the environment allows
    from flywheel_nodes.sim.turn_checks import CheckError
    began = time.monotonic()

    def say(line: str) -> None:
        print(f'{time.monotonic() - began:6.1f} s  {line}', flush=True)

    def tell(line: str) -> None:
        print(line, flush=True)
    say(f'a fleet of {len(FLEET) + 2} robots; logs are in {folder / "logs"}')
    show = Show(folder, steady, flawed, programs, say, tell)
    try:
        await show.run(args.seconds, args.stay)
    except (CheckError, FlywheelError, TimeoutError, OSError, ClientError) as error:
        print(f'FAILED: {error}', file=sys.stderr)
        return 1
    say('each line above is the answer to the query below it')
    return 0


def end(programs: Programs) -> None:
    """End all programs; a second Ctrl-C does not leave any behind."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    programs.end()
