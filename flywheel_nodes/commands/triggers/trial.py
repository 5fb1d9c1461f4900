"""`flywheel triggers test RULES BAG...`: when each rule would have fired on old bags."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
import sys

from flywheel_nodes.commands.snippets.place import print_json, print_lines
from flywheel_nodes.commands.triggers import rules
from flywheel_nodes.core.recording.rules import Recording
from flywheel_nodes.core.recording.storm import Bounds
from flywheel_nodes.core.recording.trial import Fired, Made, Tally
from flywheel_nodes.core.text_table import Column, table
from flywheel_nodes.core.wording import count, signed
from flywheel_nodes.effects import screen
from flywheel_nodes.effects.progress import Progress
from flywheel_nodes.effects.recording.rules_file import of_recorder
from flywheel_nodes.effects.recording.trial_run import run as try_on
from flywheel_nodes.effects.recording.trial_run import TrialReport

HELP = 'when each rule would have fired on old bags, and the snippets that would result'
MOST_LINES = 200
_FIRED = (Column('at', right=True), Column('rule'), Column('what'), Column('why', least=20))
_MADE = (Column('snippet', right=True), Column('trigger'), Column('from', right=True),
         Column('to', right=True), Column('s', right=True), Column('rules', least=10), Column(''))
_RULES = (Column('rule'), Column('fired', right=True), Column('snippets', right=True),
          Column('extended', right=True), Column('refused', right=True), Column('', least=10))


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command line."""
    parser.add_argument('rules', metavar='RULES',
                        help='a .yaml file, or the name of one that ships (recording)')
    parser.add_argument('bags', nargs='+', type=Path, metavar='BAG',
                        help='a snippet, a rosbag2 folder or file, or a ROS 1 bag')
    parser.add_argument('--namespace', help="the robot's; found from the topics when not given")
    parser.add_argument('--json', action='store_true', help='one array, for other programs')
    rules.add_params(parser)


def run(args: Namespace) -> int:
    """Try the rules on each bag by itself."""
    recorder = rules.config(args)
    recording = of_recorder(recorder, args.rules)
    reports = []
    for path in args.bags:
        reports.append(_try(path, recording, rules.bounds(recorder), args.namespace))
        if not args.json:
            print_lines(_told(reports[-1]))
    if args.json:
        print_json(reports)
    return 0


def _try(path: Path, recording: Recording, bounds: Bounds, namespace: str | None) -> TrialReport:
    progress = Progress(sys.stderr, 100.0, '%')
    try:
        return try_on(path, recording, bounds, namespace,
                      lambda part: progress.show(100.0 * part, path.name))
    finally:
        progress.done()


def _told(report: TrialReport) -> Iterator[str]:
    width = screen.columns()
    yield f'{report.bag}: {report.duration_s:.1f} s, namespace {report.namespace}'
    if report.torn:
        yield f'  damaged: {report.torn}'
    if report.fired:
        yield ''
        yield from table(_FIRED, map(_fired, report.fired[:MOST_LINES]), width)
        left = len(report.fired) - MOST_LINES
        if left > 0:
            yield f'... and {count(left, "firing")} more: see --json'
        yield ''
        yield from table(_MADE, map(_made, report.snippets), width)
    yield ''
    yield from table(_RULES, map(_tally, report.rules), width)
    yield f'{count(len(report.snippets), "snippet")} would have been made'
    yield ''


def _fired(one: Fired) -> tuple[str, ...]:
    what = (f'refused: {one.because}' if one.because else
            f'{"opens" if one.opened else "extends"} {one.snippet}')
    why = one.sentence.removeprefix(f'{one.rule}: ') or one.event
    return f'{one.at_s:.3f}', one.rule, what, why


def _made(one: Made) -> tuple[str, ...]:
    fate = 'discarded' if one.discarded else 'cut' if one.cut else ''
    return (str(one.snippet), one.trigger, signed(one.start_s, 1), signed(one.end_s, 1),
            f'{one.end_s - one.start_s:.1f}', ', '.join(one.rules), fate)


def _tally(one: Tally) -> tuple[str, ...]:
    said = one.note or ', '.join(one.reasons)
    return (one.rule, str(one.fired), str(one.opened), str(one.extended), str(one.refused), said)
