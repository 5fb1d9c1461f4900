"""`flywheel uninstall-service`: takes away what install-service made; the data stays."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from flywheel_nodes.core import agent_unit
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects.service_files import (
    agent_uninstall_steps,
    do,
    installed,
    shown,
    uninstall_steps,
)

HELP = "take a robot's systemd service away; its data stays"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--robot', required=True, help='the name of the robot')
    parser.add_argument('--root', type=Path, default=Path('/'),
                        help='work below this folder and run nothing')
    parser.add_argument('--dry-run', action='store_true', help='show what would be done')


def run(args: Namespace) -> int:
    """Show or do what uninstalls the service."""
    root, robot = args.root.absolute(), Path(args.robot).stem
    units = installed(root)
    unit = f'flywheel-{robot}.service'
    if unit not in units:
        raise ConfigError(f'no service {unit} in {root}: there is {", ".join(units) or "none"}')
    others = [other for other in units if other not in (unit, agent_unit.UNIT)]
    # The agent is the machine's: it goes with the last robot.
    alone = agent_unit.UNIT in units and not others
    steps = [*(agent_uninstall_steps() if alone else ()), *uninstall_steps(robot, others)]
    if args.dry_run:
        print('\n'.join(map(shown, steps)))
    else:
        do(steps, root, print)
        print('The data and the user stay; remove them by hand when nothing of them is needed.')
    return 0
