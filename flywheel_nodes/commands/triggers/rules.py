"""How the verbs of `flywheel triggers` read a rule file: as a recorder would."""

from argparse import ArgumentParser, Namespace

from flywheel_nodes.core.config import RecorderConfig
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.params import parse
from flywheel_nodes.core.recording.storm import Bounds
from flywheel_nodes.effects.params_files import value


def add_params(parser: ArgumentParser) -> None:
    """Declare the recorder's parameters."""
    parser.add_argument('--param', action='append', default=[], metavar='NAME:=VALUE',
                        help='a parameter of snippet_recorder that is not at its default, e.g. '
                             'pre_roll:=20.0')


def config(args: Namespace) -> RecorderConfig:
    """Return the recorder's parameters as they are asked for; raises ConfigError."""
    given = {}
    for rule in args.param:
        name, assigned, text = rule.partition(':=')
        if not assigned:
            raise ConfigError(f'--param {rule}: NAME:=VALUE is needed')
        name = name.removeprefix('snippet_recorder.')
        given[name] = value(text, f'--param {name}')
    return parse(RecorderConfig, given, 'snippet_recorder')


def bounds(recorder: RecorderConfig) -> Bounds:
    """Return the recorder's bounds on a storm."""
    return Bounds(recorder.most_open, recorder.snippets_per_hour, recorder.snippet_burst)
