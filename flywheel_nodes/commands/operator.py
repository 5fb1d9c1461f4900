"""`flywheel operator`: take over and drive a robot with the keyboard of a terminal."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
import asyncio
import os
from pathlib import Path
import signal
import time

from flywheel_nodes.commands.access import add_identity, add_place, data_dir, new_token
from flywheel_nodes.core.control import Mode
from flywheel_nodes.core.errors import ConfigError, RelayError
from flywheel_nodes.core.events import Outcome, Reason
from flywheel_nodes.core.teleop.keyboard import Act, Keyboard, KEYS, keys
from flywheel_nodes.core.teleop.protocol import Ended
from flywheel_nodes.core.teleop.sayings import ENDED
from flywheel_nodes.core.teleop.status import status
from flywheel_nodes.effects.run_dir import url_of
from flywheel_nodes.effects.teleop.relay_client import RelayClient
from flywheel_nodes.effects.teleop.terminal import Terminal

HELP = 'take over and drive a robot with the keyboard'
RATE = 25.0
TYPED = 256
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_place(parser)
    add_identity(parser)
    parser.add_argument('--url', default='', help='of the relay; default: the one that runs on '
                                                  'the data directory')
    parser.add_argument('--token-file', type=Path, help='file with a token; default: '
                        '$FLYWHEEL_TOKEN, or a new one signed with DATA_DIR/keys/operator.pem')
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
    with Terminal() as terminal:
        asyncio.run(Operator(terminal, args.speed).work(url, _token(args)))
    return 0


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
    """One operator at one terminal."""

    def __init__(self, terminal: Terminal, share: float) -> None:
        """Begin unconnected; share: of each limit that a drive key asks for."""
        self.client = RelayClient()
        self.keyboard = Keyboard(share)
        self.terminal = terminal
        self._typed: asyncio.Queue[str] = asyncio.Queue(maxsize=TYPED)
        self._stops: set[asyncio.Future[None]] = set()
        self._leaving = False
        self._driving = False
        self._told = 0
        self._epoch = 0
        self._label = (Reason.OTHER, Outcome.UNKNOWN)
        self._asked = self._hinted = ''

    async def work(self, url: str, token: str) -> None:
        """Connect, then follow the keys until it is time to leave."""
        async with self.client:
            welcome = await self.client.connect(url, token)
            self.terminal.say(f'connected to {welcome["robot"]} as {welcome["operator"]} '
                              f'({welcome["scope"]})\n{KEYS}')
            loop = asyncio.get_running_loop()
            for number in SIGNALS:
                loop.add_signal_handler(number, self._leave)
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
            if key == ' ':  # a stop waits for nothing typed or asked before, and voids it
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
        self._tell_lease()
        self._tell_events()
        self._show()
        if not self.client.connected:
            raise RelayError('the connection to the relay is gone')

    async def _press(self, key: str) -> None:
        self._tell_lease()
        act = self.keyboard.press(key, time.monotonic_ns())
        self.client.phase = self.keyboard.phase
        self._hint(self.keyboard.hint)
        if act is None or act is Act.MARK:
            return
        if act is Act.QUIT:
            self._leave()
            return
        try:
            await self._act(act)
        except RelayError as error:
            self._tell(str(error))

    async def _act(self, act: Act) -> None:
        if act is Act.STOP:
            await self.client.stop()
        elif act is Act.TAKE_OVER and self.client.lease:
            self._hint('the robot is yours already: press w a s d to drive')
        elif act is Act.TAKE_OVER:
            await self.client.claim()
            await self.client.idle()  # neutral sticks: without them the first press is refused
        elif act is Act.RESUME:
            await self.client.resume()
        elif act is Act.RELEASE:
            await self._release(self.keyboard.reason, self.keyboard.outcome)
        elif act is Act.HELP:
            self.terminal.say(KEYS)
        elif act is Act.LET_GO and self.client.lease:
            await self.client.idle()

    async def _drive(self) -> None:
        axes = {name: share for name, share in self.keyboard.axes(time.monotonic_ns()).items()
                if name in self.client.welcome['axes']}
        if axes:
            await self.client.drive(axes)
        elif self._driving:
            await self.client.idle()
        self._driving = bool(axes)

    async def _release(self, reason: Reason, outcome: Outcome, note: str = '') -> None:
        self._label = (reason, outcome)
        await self.client.release(reason, outcome, note)

    async def _quit(self) -> None:
        try:
            if self.client.lease:
                await self._release(Reason.OTHER, Outcome.UNKNOWN, 'the operator quit')
        except RelayError as error:
            self._tell(str(error))
        self._tell_lease()

    # --- what the operator is told --------------------------------------------------------------

    def _tell(self, sentence: str) -> None:
        self.terminal.say(f'{time.strftime("%H:%M:%S")} {sentence}')

    def _hint(self, hint: str) -> None:
        """Say why a key did nothing, but not again while it repeats."""
        if hint and hint != self._hinted:
            self.terminal.say(hint)
        self._hinted = hint

    def _tell_lease(self) -> None:
        """Tell that the lease has begun or ended."""
        lease = self.client.lease
        epoch = lease['epoch'] if lease else 0
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
        because = self.client.ended or Ended.CONNECTION_LOST
        if because != Ended.RELEASED:
            return f'lease ended: {ENDED.get(because, because)}'
        reason, outcome = self._label
        return f'released ({reason}, {outcome})' + (
            '' if self._leaving else ': press p to let the policy drive')

    def _tell_events(self) -> None:
        news = self.client.event_count - self._told
        self._told += news
        for sentence in list(self.client.events)[-news:] if news else ():
            self._tell(sentence)

    def _show(self) -> None:
        """Ask what there is to ask, once, and show the state."""
        board = self.keyboard
        if board.prompt != self._asked:
            self._asked = board.prompt
            if board.prompt:
                self.terminal.say(board.prompt)
        line = status(self.client.state, board.phase if self.client.lease else '',
                      self.client.round_trip_s)
        self.terminal.status(f'{board.question} · {line}' if board.question else line)
