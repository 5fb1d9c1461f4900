"""`flywheel triggers list [RULES]`: the rules of a file as a table."""

from argparse import ArgumentParser, Namespace

from flywheel_nodes.commands.snippets.place import print_lines
from flywheel_nodes.commands.triggers import rules
from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.recording.rules import Rule
from flywheel_nodes.core.text_table import Column, table
from flywheel_nodes.core.wording import count
from flywheel_nodes.effects import screen
from flywheel_nodes.effects.recording.rules_file import of_recorder, path_of

HELP = 'the rules of a file, and whether it can be used'
_COLUMNS = (Column('rule'), Column('when', least=16), Column('before', right=True),
            Column('after', right=True), Column('at most', right=True), Column('prio', right=True),
            Column('', least=10))


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command line."""
    parser.add_argument('rules', nargs='?', default='', metavar='RULES',
                        help='a .yaml file, or the name of one that ships (recording)')
    rules.add_params(parser)


def run(args: Namespace) -> int:
    """Print the table."""
    found = of_recorder(rules.config(args), args.rules)
    print_lines(table(_COLUMNS, map(_row, found.rules), screen.columns()))
    print(f'{count(len(found.rules), "rule")} in {path_of(args.rules)}')
    return 0


def _row(rule: Rule) -> tuple[str, ...]:
    return (rule.name, str(rule.when), _s(rule.pre_ns), _s(rule.post_ns), _s(rule.max_ns),
            str(rule.priority), _notes(rule))


def _notes(rule: Rule) -> str:
    said = ['separate'] if rule.alone else []
    said += [f'{word} {_s(length)}' for word, length in (
        ('hold_open', rule.open_ns), ('cooldown', rule.cooldown_ns),
        ('min_interval', rule.interval_ns)) if length]
    said += [f'rearm {rule.rearm}'] if rule.rearm else []
    return ', '.join(said)


def _s(length_ns: int) -> str:
    return f'{length_ns / SECOND:g} s'
