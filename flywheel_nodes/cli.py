"""`flywheel COMMAND ...`: one file in commands/ for each."""

from argparse import ArgumentParser
from collections.abc import Sequence
import importlib
import os
import sys
from typing import NoReturn

from flywheel_nodes import __version__
from flywheel_nodes.core.errors import FlywheelError

COMMANDS = ('up', 'status', 'doctor', 'demo', 'fleet-demo', 'operator', 'call', 'snippets',
            'triggers', 'replay', 'keys', 'token', 'conformance', 'docs', 'dashboards',
            'install-service', 'uninstall-service')


class OneLineParser(ArgumentParser):
    """Tells of a wrong command line in one line, as of any other mistake."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where all arguments are listed; exit code 2."""
        self.exit(2, f'{self.prog}: {message}: see {self.prog} --help\n')


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 2 and one line on stderr when it cannot be done as asked."""
    try:
        try:
            return _run(sys.argv[1:] if argv is None else argv)
        finally:
            sys.stdout.flush()  # here, where a reader that has gone is caught, and not at exit
    except BrokenPipeError:
        # The reader of our output, such as `head`, has seen enough; say nothing more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(argv: Sequence[str]) -> int:
    parser = OneLineParser(prog='flywheel', description='Turns each failure of a learned robot '
                            'policy into its next training cycle.')
    parser.add_argument('--version', action='version', version=__version__)
    subparsers = parser.add_subparsers(dest='command', required=True, metavar='COMMAND')
    modules = {}
    for name in argv[:1] if argv and argv[0] in COMMANDS else COMMANDS:
        modules[name] = importlib.import_module(
            f'flywheel_nodes.commands.{name.replace("-", "_")}')
        help_ = modules[name].HELP
        modules[name].add_arguments(
            subparsers.add_parser(name, help=help_, description=help_))
    args = parser.parse_args(argv)
    try:
        return int(modules[args.command].run(args))
    except FlywheelError as error:
        print(f'flywheel {args.command}: {error}', file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == '__main__':
    sys.exit(main())
