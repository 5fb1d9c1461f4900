"""`flywheel replay BAG`: publishes a bag through ROS as it was recorded."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
import math
import os
from pathlib import Path
import signal
import sys
import time
from typing import TYPE_CHECKING

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects import environment
from flywheel_nodes.effects.domains import loopback
from flywheel_nodes.effects.flag import Flag
from flywheel_nodes.effects.progress import Progress
from flywheel_nodes.effects.recording.bag_source import BagSource, open_source

if TYPE_CHECKING:
    from flywheel_nodes.nodes.replay import Replay, Speed

LOOK_EVERY_S = 1.0
HELP = 'publish a bag (rosbag2 or ROS 1) with its recorded spacing, QoS and bytes'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.add_argument('bag', type=Path,
                        help="a bag's folder, or a single .mcap, .db3 or ROS 1 .bag file")
    parser.add_argument('--rate', type=_rate, default=1.0, metavar='R',
                        help='how many times faster (1); max: as fast as it is received')
    parser.add_argument('--start', type=float, default=0.0, metavar='S',
                        help='leave out the first seconds of the bag, but not latched state')
    parser.add_argument('--duration', type=float, metavar='S', help='play that much of the bag')
    parser.add_argument('--topics', nargs='+', default=[], metavar='PATTERN',
                        help="only these, e.g. 'imu/*' (all)")
    parser.add_argument('--delay', type=float, default=3.0, metavar='S',
                        help='wait that long at most until subscribers have found the topics (3)')
    parser.add_argument('--namespace', default='', help='put before the name of each topic')
    parser.add_argument('--remap', action='append', default=[], metavar='FROM:=TO',
                        help='publish a topic under another name; may be repeated')
    parser.add_argument('--force', action='store_true',
                        help='play even into the topics of a robot that is live')
    parser.add_argument('--loop', action='store_true', help='again and again, until Ctrl-C')


def run(args: argparse.Namespace) -> int:
    """
    Play the bag; 1 when it is damaged, 130 when interrupted.

    :raises ConfigError: in one line for anything that cannot be played
    """
    environment.check(())
    for name, value in loopback(os.environ).items():
        os.environ.setdefault(name, value)
    from flywheel_nodes.nodes import replay  # importing rclpy ends the process without an RMW
    _check(args)
    remaps = dict(map(_remap, args.remap))
    speed = replay.Speed(args.rate, args.start, args.duration, args.loop)
    with _stopping() as stop, open_source(args.bag) as source:
        _check_start(args, source)
        tracks = source.choose(args.topics)
        with replay.opened(source, tracks, args.namespace, remaps, args.rate) as player:
            _warn(player)
            if not player.await_subscribers(args.delay, stop.wait):
                if not args.force:
                    _refuse_live(player)
                _play(player, speed, stop, _length(args, source), args.force)
            _print(player, math.isfinite(args.rate))
        if source.torn:
            print(f'flywheel replay: {args.bag} is damaged: {source.torn}', file=sys.stderr)
    if stop.is_set():
        return 130
    return 1 if source.torn else 0


def _refuse_live(player: 'Replay') -> None:
    live = player.live()
    if live:
        more = f' and {len(live) - 3} more' if len(live) > 3 else ''
        raise ConfigError(
            f'{", ".join(live[:3])}{more} belong to a robot that is live in this domain, and a '
            'replay could move it: use another --namespace or ROS_DOMAIN_ID, or --force')


def _rate(text: str) -> float:
    return math.inf if text == 'max' else float(text)


def _check(args: argparse.Namespace) -> None:
    if not args.rate > 0.0:
        raise ConfigError(f'--rate: {args.rate:g} is not above 0')
    for name in ('start', 'duration', 'delay'):
        value = getattr(args, name)
        if value is not None and not 0.0 <= value < math.inf:
            raise ConfigError(f'--{name}: {value:g} is not a time of 0 s or more')


def _check_start(args: argparse.Namespace, source: BagSource) -> None:
    if args.start > source.duration_s:
        raise ConfigError(f'--start: {args.bag} ends after {source.duration_s:g} s')


def _remap(text: str) -> tuple[str, str]:
    source, separator, target = text.partition(':=')
    if not (separator and source and target):
        raise ConfigError(f'--remap: FROM:=TO is needed, not {text!r}')
    return source, target


@contextmanager
def _stopping() -> Iterator[Flag]:
    """Give what Ctrl-C and a termination set."""
    stop = Flag()
    before = {n: signal.signal(n, lambda *_: stop.set())
              for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _length(args: argparse.Namespace, source: BagSource) -> float:
    rest = source.duration_s - float(args.start)
    return rest if args.duration is None else min(rest, float(args.duration))


def _play(player: 'Replay', speed: 'Speed', stop: Flag, length_s: float,
          forced: bool) -> None:
    progress = Progress(sys.stderr, length_s)
    looked = time.monotonic()

    def each() -> None:
        nonlocal looked
        progress.show(player.played.at_s, f'{player.played.messages.total()} messages')
        # A robot may be found, or switched on, only after the first look.
        if not forced and time.monotonic() - looked >= LOOK_EVERY_S:
            looked = time.monotonic()
            _refuse_live(player)
    try:
        player.run(speed, stop.wait, each)
    finally:
        progress.done()


def _warn(player: 'Replay') -> None:
    for track, because in player.left_out.items():
        print(f'flywheel replay: {track.topic} is left out: {because}', file=sys.stderr)
    for track in player.other_definitions():
        print(f'flywheel replay: {track.topic} was recorded with another definition of '
              f'{track.type} than is installed: it may not decode', file=sys.stderr)


def _print(player: 'Replay', paced: bool) -> None:
    played = player.played
    for track, name in player.names.items():
        if track in player.left_out:
            print(f'{0:8d}  {name}  left out: {track.messages} messages of {track.type}')
        else:
            print(f'{played.messages[track]:8d}  {name}')
    late = f', at most {played.late_s * 1e3:.1f} ms late' if paced else ''
    print(f'{played.messages.total():8d}  messages{late}')
