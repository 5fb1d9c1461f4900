"""`flywheel replay BAG`: publishes a bag through ROS as it was recorded."""

import argparse
from collections.abc import Mapping
from pathlib import Path
import signal
import threading

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects import environment
from flywheel_nodes.effects.recording.bag_source import open_source

HELP = 'publish a rosbag2 bag with its recorded spacing, QoS and bytes'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.add_argument('bag', type=Path, help="a bag's folder, or a single .mcap file")
    parser.add_argument('--rate', type=float, default=1.0, help='how many times faster (1)')
    parser.add_argument('--start', type=float, default=0.0, metavar='S',
                        help='leave out the first seconds of the bag')
    parser.add_argument('--duration', type=float, metavar='S', help='play that much of the bag')
    parser.add_argument('--delay', type=float, default=1.0, metavar='S',
                        help='wait for subscribers to find the topics (1)')
    parser.add_argument('--namespace', default='', help='put before the name of each topic')
    parser.add_argument('--remap', action='append', default=[], metavar='FROM:=TO',
                        help='publish a topic under another name; may be repeated')


def run(args: argparse.Namespace) -> int:
    """Play the bag; raises ConfigError in one line for anything that cannot be played."""
    environment.check(())
    from flywheel_nodes.nodes import replay  # importing rclpy ends the process without an RMW
    _check(args)
    remaps = dict(map(_remap, args.remap))
    speed = replay.Speed(args.rate, args.start, args.duration)
    stop = threading.Event()
    before = {n: signal.signal(n, lambda *_: stop.set())
              for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        with open_source(args.bag) as source, replay.opened(
                source, args.namespace, remaps) as player:
            if not stop.wait(args.delay):
                player.run(speed, stop.wait)
            _print(player.played.messages, player.names, player.played.late_s)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 130 if stop.is_set() else 0


def _check(args: argparse.Namespace) -> None:
    if args.rate <= 0.0:
        raise ConfigError(f'--rate: {args.rate:g} is not above 0')
    if args.start < 0.0 or (args.duration or 0.0) < 0.0 or args.delay < 0.0:
        raise ConfigError('--start, --duration and --delay are not negative')


def _remap(text: str) -> tuple[str, str]:
    source, separator, target = text.partition(':=')
    if not (separator and source and target):
        raise ConfigError(f'--remap: FROM:=TO is needed, not {text!r}')
    return source, target


def _print(messages: Mapping[str, int], names: Mapping[str, str], late_s: float) -> None:
    for topic, name in names.items():
        print(f'{messages[topic]:8d}  {name}')
    print(f'{sum(messages.values()):8d}  messages, at most {late_s * 1e3:.1f} ms late')
