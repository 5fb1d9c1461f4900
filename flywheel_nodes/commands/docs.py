"""`flywheel docs`: writes the reference pages and config/defaults.yaml from the tables."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.reference import FILES

HELP = 'write the reference pages from the tables'


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument('--check', action='store_true',
                        help='write nothing; exit code 1 when a file is stale')
    parser.add_argument('--into', metavar='CHECKOUT', type=Path,
                        default=Path(__file__).resolve().parents[2],
                        help='the checkout to write into (default: the one that runs)')


def run(args: Namespace) -> int:
    """Write, or check, every generated file."""
    if not (args.into / 'package.xml').is_file():
        raise ConfigError(f'docs: {args.into} is no checkout of flywheel: give one with --into')
    old = stale(args.into)
    for name in old:
        if args.check:
            print(f'{name} is stale: run `make docs`')
        else:
            (args.into / name).parent.mkdir(parents=True, exist_ok=True)
            (args.into / name).write_text(FILES[name](), encoding='utf-8')
            print(f'{name} written')
    return 1 if args.check and old else 0


def stale(checkout: Path) -> list[str]:
    """Return the generated files of a checkout that do not say what the tables say."""
    return [name for name, make in FILES.items() if _content(checkout / name) != make()]


def _content(path: Path) -> str | None:
    return path.read_text(encoding='utf-8') if path.is_file() else None
