"""
Starts one process of the table: `NAME ...` or `python -m flywheel_nodes.start NAME ...`.

The environment is checked before rclpy is imported, because rcl ends the process on its own terms
when the middleware is missing.
"""

from collections.abc import Sequence
import importlib
from pathlib import Path
import sys

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.processes import Process, PROCESSES
from flywheel_nodes.effects import environment


def main() -> int:
    """Run the process that this executable, or else the first argument, is named after."""
    names = {process.name: process for process in PROCESSES}
    args = [Path(sys.argv[0]).name, *sys.argv[1:]]
    if args[0] not in names:
        args = args[1:]
    if not args or args[0] not in names:
        print(f'start: which process? One of {", ".join(names)}', file=sys.stderr)
        return 2
    return start(names[args[0]], args[1:])


def start(process: Process, args: Sequence[str]) -> int:
    """Run a process with ROS arguments; 2 for bad configuration, told in one line."""
    try:
        environment.check(args)
        code = importlib.import_module(process.module).main(args)
        assert isinstance(code, int)
        return code
    except ConfigError as error:
        line = str(error).replace('\n', ' ')
        head = '' if line.startswith(f'{process.name}:') else f'{process.name}: '
        print(f'{head}{line}', file=sys.stderr)
        return 2
    except KeyboardInterrupt:  # before the node has taken signals over
        return 130


if __name__ == '__main__':
    sys.exit(main())
