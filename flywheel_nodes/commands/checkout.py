"""What the commands that write files of a checkout from tables have in common."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path

from flywheel_nodes.core.errors import ConfigError


def add_arguments(parser: ArgumentParser) -> None:
    """Add --check and --into."""
    parser.add_argument('--check', action='store_true',
                        help='write nothing; exit code 1 when a file is stale')
    parser.add_argument('--into', metavar='CHECKOUT', type=Path,
                        default=Path(__file__).resolve().parents[2],
                        help='the checkout to write into (default: the one that runs)')


def require(args: Namespace) -> None:
    """Raise ConfigError for a folder that is no checkout."""
    if not (args.into / 'package.xml').is_file():
        raise ConfigError(f'{args.into} is no checkout of flywheel: give one with --into')


def generate(args: Namespace, wanted: Mapping[str, str], remedy: str, folder: str = '') -> int:
    """
    Write, or check, every file, and tell of each that was stale.

    :param wanted: content by path in the checkout
    :param remedy: the command that writes them
    :param folder: of the checkout; files in it that are not wanted are removed
    :return: the exit code
    """
    old = stale(args.into, wanted, folder)
    for name in old:
        if args.check:
            print(f'{name} is stale: run `{remedy}`')
        else:
            _write(args.into / name, wanted.get(name))
            print(f'{name} {"written" if name in wanted else "removed"}')
    return 1 if args.check and old else 0


def stale(checkout: Path, wanted: Mapping[str, str], folder: str = '') -> list[str]:
    """Return the files of a checkout that are missing, not as wanted, or no longer generated."""
    found = (checkout / folder).rglob('*') if folder else ()
    there = {str(path.relative_to(checkout)) for path in found if path.is_file()}
    return [*(name for name, text in wanted.items() if _content(checkout / name) != text),
            *sorted(there - set(wanted))]


def _content(path: Path) -> str | None:
    return path.read_text(encoding='utf-8') if path.is_file() else None


def _write(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding='utf-8')
