"""`flywheel doctor`: looks at machine, configuration and buses, and says what to do."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict
import json
import os
from pathlib import Path
import sys

from flywheel_nodes.core.doctor.finding import (
    exit_code,
    Finding,
    Level,
    lines,
    summary,
    unknown,
)
from flywheel_nodes.core.ros_names import namespace
from flywheel_nodes.effects import screen
from flywheel_nodes.effects.bring_up import Wanted
from flywheel_nodes.effects.doctor.patient import look, meet, Patient
from flywheel_nodes.effects.middleware_noise import hushed

HELP = 'look at the machine, the configuration and the robot, and say what to do'
SECONDS, LEAST_S, MOST_S = 3.0, 0.5, 60.0
NEEDED = ('ros', 'rmw', 'dds profile', 'domain', 'discovery')


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--robot', default='sim', metavar='NAME|PATH',
                        help='a name in config/robots, or the path of a .yaml file (%(default)s)')
    parser.add_argument('--namespace', default='r1', metavar='NS',
                        help="the robot's namespace (%(default)s)")
    parser.add_argument('--data-dir', default='', metavar='D',
                        help='where its data lies (~/.local/share/flywheel/ROBOT)')
    parser.add_argument('--params-file', type=Path, action='append', default=[], metavar='F',
                        help='ROS parameter YAML, as `flywheel up` gets it; may be repeated')
    parser.add_argument('--param', action='append', default=[], metavar='NODE.NAME:=VALUE',
                        help='one parameter of one node; may be repeated')
    parser.add_argument('--seconds', type=_seconds, default=SECONDS,
                        help='how long to listen to the buses (%(default)s)')
    parser.add_argument('--all', action='store_true',
                        help='print what is ok, too, and what the middleware says')
    parser.add_argument('--json', action='store_true', help='one JSON object instead of lines')


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not LEAST_S <= seconds <= MOST_S:
        raise ArgumentTypeError(f'{text!r}: give {LEAST_S:g} to {MOST_S:g}')
    return seconds


def run(args: Namespace) -> int:
    """Look at everything; 1 when anything is wrong."""
    namespace(args.namespace)
    patient = meet(Wanted(args.robot, args.namespace, args.data_dir, tuple(args.params_file),
                          tuple(args.param)), dict(os.environ))
    found = []
    with nullcontext() if args.all else hushed():
        for finding in _findings(patient, args.seconds):
            found.append(finding)
            if not args.json and (args.all or finding.level is not Level.OK):
                print('\n'.join(lines(finding, screen.columns(), screen.colours(sys.stdout))),
                      flush=True)
    print(_json(patient, found) if args.json else summary(found))
    return exit_code(found)


def _findings(patient: Patient, seconds: float) -> Iterator[Finding]:
    """Yield what is found; where ROS cannot work, or may do harm, the buses are left alone."""
    hindered = []
    for finding in look(patient):
        yield finding
        if finding.level is Level.WRONG and finding.check in NEEDED:
            hindered.append(finding.check)
    if hindered:
        yield unknown('buses', f'not joined: see what is wrong with {", ".join(hindered)}')
        return
    os.environ.update(patient.environ)
    from flywheel_nodes.nodes.doctor_visit import visit  # rclpy needs the environment first
    yield from visit(patient, seconds)


def _json(patient: Patient, found: Sequence[Finding]) -> str:
    return json.dumps({
        'robot': patient.robot.robot, 'namespace': patient.wanted.namespace,
        'data_dir': str(patient.data_dir),
        'wrong': sum(finding.level is Level.WRONG for finding in found),
        'findings': [asdict(finding) for finding in found]}, ensure_ascii=False, indent=2)
