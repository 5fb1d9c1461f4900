"""`flywheel dashboards build`: writes config/grafana from the tables."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from flywheel_nodes.core.errors import ConfigError

HELP = 'write config/grafana from the tables'


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of this verb."""
    parser.add_argument('--check', action='store_true',
                        help='write nothing; exit code 1 when a file is stale')
    parser.add_argument('--into', metavar='CHECKOUT', type=Path,
                        default=Path(__file__).resolve().parents[3],
                        help='the checkout to write into (default: the one that runs)')


def run(args: Namespace) -> int:
    """Write, or check, every file; what is no longer made is removed."""
    if not (args.into / 'package.xml').is_file():
        raise ConfigError(f'dashboards: {args.into} is no checkout of flywheel: '
                          'give one with --into')
    wanted = files()
    old = stale(args.into, wanted)
    for name in old:
        if args.check:
            print(f'{name} is stale: run `make dashboards`')
        else:
            _write(args.into / name, wanted.get(name))
            print(f'{name} {"written" if name in wanted else "removed"}')
    return 1 if args.check and old else 0


def files() -> dict[str, str]:
    """Return what belongs below config/grafana; ConfigError when what makes it is missing."""
    try:
        from flywheel_nodes.effects.grafana.files import files as make
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith('flywheel_nodes'):
            raise
        raise ConfigError('dashboards build needs grafana-foundation-sdk, for Python 3.11 or '
                          "later: run `pip install 'flywheel_nodes[dashboards]'`") from None
    return make()


def stale(checkout: Path, wanted: dict[str, str]) -> list[str]:
    """Return the files of a checkout that are missing, not as wanted, or made by nothing."""
    folder = checkout / 'config' / 'grafana'
    there = {str(p.relative_to(checkout)) for p in folder.rglob('*') if p.is_file()}
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
