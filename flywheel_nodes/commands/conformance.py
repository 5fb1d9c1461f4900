"""`flywheel conformance`: tries a relay or a client of any make against docs/protocol.md."""

from argparse import ArgumentParser, Namespace
import asyncio
from collections.abc import Callable
from pathlib import Path

from flywheel_nodes.commands.access import add_place, data_dir, new_token
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.teleop.protocol import Scope
from flywheel_nodes.effects.run_dir import url_of
from flywheel_nodes.effects.screen import columns
from flywheel_nodes.effects.teleop import conformance_client, conformance_relay
from flywheel_nodes.effects.teleop.conformance import conforms, judge, report, Result
from flywheel_nodes.effects.teleop.conformance_drill import Drill
from flywheel_nodes.effects.teleop.conformance_peer import from_lines, RelayBench
from flywheel_nodes.effects.teleop.tls import client_context

HELP = 'try whether a relay or a client keeps to the protocol'


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    sides = parser.add_subparsers(dest='side', required=True, metavar='relay|client')
    relay = sides.add_parser('relay', help='try a relay; it stops its robot, and moves none')
    relay.add_argument('url', nargs='?', default='', help='its address, such as '
                       'ws://127.0.0.1:8765/control; default: the one that runs on the data '
                       'directory')
    relay.add_argument('--token-file', type=Path, help='file with tokens of scope drive, one a '
                       'line and one for each connection (about 40); default: they are signed '
                       'with DATA_DIR/keys/operator.pem')
    relay.add_argument('--ca', default='', help='PEM file of the CA behind a wss:// relay')
    add_place(relay)
    relay.add_argument('--operator', default='', help='who tries, default your user name')
    client = sides.add_parser('client', help='be a relay for a client that is tried')
    client.add_argument('--port', type=int, default=0, help='to listen on; 0: any free one')
    client.add_argument('--patience', type=float, default=120.0, metavar='SECONDS',
                        help='how long the client has to go through the drill')


def run(args: Namespace) -> int:
    """Try one side, print the table; 0 when nothing failed, else 1."""
    results = asyncio.run(_try_relay(args) if args.side == 'relay' else _try_client(args))
    print('\n'.join(report(results, columns())))
    return 0 if conforms(results) else 1


async def _try_relay(args: Namespace) -> list[Result]:
    url = args.url or url_of(data_dir(args), 'teleop_relay')
    if not url:
        raise ConfigError(f'no relay runs on {data_dir(args)}: give its address or --data-dir')
    tls = client_context(args.ca) if url.startswith('wss:') else None
    bench = RelayBench(url, _tokens(args), tls)
    return [await judge(case, bench) for case in conformance_relay.CASES]


def _tokens(args: Namespace) -> Callable[[Scope], str | None]:
    if not args.token_file:
        return lambda scope: new_token(Namespace(**{**vars(args), 'scope': str(scope)}))
    try:
        lines = args.token_file.read_text(encoding='ascii').split()
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f'{args.token_file}: no readable file of tokens') from None
    return from_lines(iter(lines))


async def _try_client(args: Namespace) -> list[Result]:
    drill = Drill()
    await drill.start(port=args.port)
    print(f'connect the client to {drill.url} with any token: let it claim, drive until its '
          'lease is ended, claim and drive again, and release', flush=True)
    try:
        await asyncio.wait_for(drill.done.wait(), args.patience)
    except asyncio.TimeoutError:
        print(f'it did not come to an end within {args.patience:g} s')
    await drill.close()
    return [await judge(case, drill.notes) for case in conformance_client.CASES]
