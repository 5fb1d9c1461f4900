"""`flywheel operator`: take over and drive a robot with the keyboard of a terminal."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
import asyncio
from collections import deque
import os
from pathlib import Path
import signal
import ssl
import time

from flywheel_nodes.commands.access import add_identity, add_place, data_dir, new_token
from flywheel_nodes.core.control import Mode, Sight
from flywheel_nodes.core.errors import ConfigError, RelayError
from flywheel_nodes.core.events import Outcome, Reason
from flywheel_nodes.core.teleop.keyboard import Act, Keyboard, keys, MORE
from flywheel_nodes.core.teleop.panel import panel, Shown
from flywheel_nodes.core.teleop.protocol import Ended
from flywheel_nodes.core.teleop.sayings import ENDED
from flywheel_nodes.effects.run_dir import url_of
from flywheel_nodes.effects.teleop.relay_client import RelayClient
from flywheel_nodes.effects.teleop.terminal import Terminal
from flywheel_nodes.effects.teleop.tls import client_context

HELP = 'take over and drive a robot with the keyboard'
RATE = 25.0
TYPED = 256
LOG = 200
CLOCK = '%H:%M:%S'
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_place(parser)
    add_identity(parser)
    parser.add_argument('--url', default='', help='of the relay; default: the one that runs on '
                                                  'the data directory')
    parser.add_argument('--token-file', type=Path, help='file with a token; default: '
                        '$FLYWHEEL_TOKEN, or a new one signed with DATA_DIR/keys/operator.pem')
    parser.add_argument('--ca', default='', help='PEM file of the CA behind a wss:// relay; '
                        'default: those this machine trusts')
    parser.add_argument('--certificate', default='', help='PEM file that proves who you are, '
                        'where the relay asks for one')
    parser.add_argument('--key', default='', help='PEM file with its private key')
    parser.add_argument('--sight', type=Sight, choices=tuple(Sight), default=Sight.DIRECT,
                        help='how you see the robot: direct, with your own eyes (default), or '
                        'video: this terminal shows none, so that you hold the robot and do not '
                        'drive it')
    parser.add_argument('--speed', type=_share, default=0.5, metavar='SHARE',
                        help='share of each limit that a drive key asks for, above 0 up to 1')


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value <= 1.0:
        raise ArgumentTypeError(f'{text!r}: give a number above 0 up to 1')
    return value


def run(args: Namespace) -> int:
    """Drive until q, Ctrl-C or the end of the connection."""
    url = args.url or url_of(data_dir(args), 'teleop_relay')
    if not url:
        raise ConfigError(f'no relay runs on {data_dir(args)}: start one with `flywheel up`, or '
                          'give --data-dir or --url')
    terminal = Terminal()
    operator = Operator(terminal, args.speed, args.sight)
    try:
        asyncio.run(operator.work(url, _token(args), _tls(args, url)))
    finally:
        for line in operator.last_words:
            print(line)
    return 0


def _tls(args: Namespace, url: str) -> ssl.SSLContext | None:
    return client_context(args.ca, args.certificate, args.key) if url.startswith('wss:') else None


def _token(args: Namespace) -> str:
    if args.token_file:
        try:
            return str(args.token_file.read_text(encoding='ascii').strip())
        except OSError as error:
            raise ConfigError(f'{args.token_file}: {error.strerror}') from None
        except UnicodeDecodeError:
            raise ConfigError(f'{args.token_file}: this is no token') from None
    return os.environ.get('FLYWHEEL_TOKEN') or new_token(args)


class Operator:
    """One operator at one terminal; last_words: what is still to be read when it is over."""

    def __init__(self, terminal: Terminal, share: float, sight: Sight) -> None:
        """Begin unconnected; share: of each limit that a drive key asks for."""
        self.client = RelayClient()
        self.keyboard = Keyboard(share)
        self.terminal = terminal
        self.last_words: list[str] = []
        self._share = share
        self._sight = sight
        self._log: deque[str] = deque(maxlen=LOG)
        self._typed: asyncio.Queue[str] = asyncio.Queue(maxsize=TYPED)
        self._stops: set[asyncio.Future[None]] = set()
        self._leaving = False
        self._driving = False
        self._epoch = 0
        self._label = ''
        self._hinted = ''

    async def work(self, url: str, token: str, tls: ssl.SSLContext | None) -> None:
        """Connect, then follow the keys until it is time to leave."""
        async with self.client:
            welcome = await self.client.connect(url, token, tls)
            loop = asyncio.get_running_loop()
            for number in SIGNALS:
                loop.add_signal_handler(number, self._leave)
            with self.terminal:
                self._tell(f'connected to {welcome.robot} as {welcome.operator} '
                           f'({welcome.scope})')
                loop.add_reader(self.terminal.fd, self._read)
                try:
                    while not self._leaving:
                        await self._turn()
                        await asyncio.sleep(1.0 / RATE)
                    await self._quit()
                finally:
                    loop.remove_reader(self.terminal.fd)

    def _leave(self) -> None:
        self._leaving = True

    def _read(self) -> None:
        text = self.terminal.read()
        if not text:
            self._leave()
        for key in keys(text):
            # A stop waits for nothing typed or asked before, and voids it.
            if key == ' ' and not self.keyboard.typing:
                self._typed = asyncio.Queue(maxsize=TYPED)
                self._stops.add(asyncio.ensure_future(self._press(key)))
            elif not self._typed.full():
                self._typed.put_nowait(key)

    async def _turn(self) -> None:
        """Follow the keys typed since the last turn, drive, and tell what is new."""
        self._stops = {stop for stop in self._stops if not stop.done()}
        while not self._typed.empty():
            await self._press(self._typed.get_nowait())
        if self.client.lease:
            await self._drive()
        self._tell_news()
        self._show()
        if not self.client.connected:
            raise RelayError('the connection to the relay is gone')

    async def _press(self, key: str) -> None:
        self._tell_lease()
        act = self.keyboard.press(key, time.monotonic_ns())
        self.client.phase = self.keyboard.phase
        self._hint(self.keyboard.hint)
        if act is Act.QUIT:
            self._leave()
        elif act:
            try:
                await self._act(act)
            except RelayError as error:
                self._tell(str(error))

    async def _act(self, act: Act) -> None:
        client = self.client
        match act:
            case Act.STOP:
                await client.stop()
            case Act.TAKE_OVER | Act.TAKE if client.lease:
                self._hint('the robot is yours already: press w a s d to drive')
            case Act.TAKE_OVER | Act.TAKE:
                await (client.take if act is Act.TAKE else client.claim)(self._sight)
            case Act.RESUME:
                await client.resume()
            case Act.RELEASE:
                board = self.keyboard
                await self._release(board.reason, board.outcome, board.note)
            case Act.ACCEPT | Act.DISMISS:
                await self._help(act)
            case Act.HELP:
                for line in MORE:
                    self._tell(line)
            case Act.LET_GO if client.lease:
                await client.idle()

    async def _help(self, act: Act) -> None:
        """Accept or dismiss the oldest request that waits."""
        waiting = [one for one in self.client.help if act is Act.DISMISS or not one.operator]
        if not waiting:
            self._hint('no request for help is waiting')
        elif act is Act.DISMISS:
            await self.client.dismiss(waiting[0].id)
        else:
            await self.client.accept(waiting[0].id)
            self._tell('you take care of it: press t to take over')

    async def _drive(self) -> None:
        axes = {name: share for name, share in self.keyboard.axes(time.monotonic_ns()).items()
                if name in self.client.welcome.axes}
        if axes:
            await self.client.drive(axes)
        elif self._driving:
            await self.client.idle()
        self._driving = bool(axes)

    async def _release(self, reason: Reason, outcome: Outcome, note: str = '') -> None:
        self._label = f'({reason}, {outcome})'
        await self.client.release(reason, outcome, note)

    async def _quit(self) -> None:
        try:
            if self.client.lease:
                await self._release(Reason.OTHER, Outcome.UNKNOWN, 'the operator quit')
        except RelayError as error:
            self._tell(str(error))
        self._tell_lease()
        self.last_words = list(self._log)[-1:]

    # --- what the operator is told --------------------------------------------------------------

    def _tell(self, sentence: str) -> None:
        self._log.append(f'{time.strftime(CLOCK)} {sentence}')

    def _hint(self, hint: str) -> None:
        """Say why a key did nothing, but not again while it repeats."""
        if hint and hint != self._hinted:
            self._tell(hint)
        self._hinted = hint

    def _tell_news(self) -> None:
        self._tell_lease()
        for event in self.client.new_events():
            self._tell(event.sentence)

    def _tell_lease(self) -> None:
        """Tell that the lease has begun or ended."""
        lease = self.client.lease
        epoch = lease.epoch if lease else 0
        if epoch == self._epoch:
            return
        self._epoch = epoch
        self.keyboard.lease(bool(lease))
        self._tell(self._begun() if lease else self._ended())

    def _begun(self) -> str:
        if self.client.state.mode == Mode.STOPPED:
            return 'yours, but stopped: press p to clear the stop, then w a s d to drive'
        return 'yours: press w a s d to drive, r to release'

    def _ended(self) -> str:
        because = self.client.ended
        if because != Ended.RELEASED:
            return f'lease ended: {ENDED.get(because, because)}'
        return f'released {self._label}' + (
            '' if self._leaving else ': press p to let the policy drive')

    def _show(self) -> None:
        client, board = self.client, self.keyboard
        width, height = self.terminal.size
        self.terminal.draw(panel(Shown(
            client.welcome.robot, client.welcome.operator, client.welcome.scope, client.state,
            self._share, str(board.phase) if client.lease else '', client.round_trip_s,
            client.cameras, client.help, tuple(self._log), board.prompt,
            time.strftime(CLOCK), self._sight), width, height))
