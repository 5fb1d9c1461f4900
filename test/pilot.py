"""An operator in a thread of its own who never lets go, over a network that can be cut."""

import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path
import threading
import time
from urllib.parse import urlsplit

from flywheel_nodes.core.control import Gate, Mode
from flywheel_nodes.core.teleop.protocol import Scope
from flywheel_nodes.effects.run_dir import url_of
from flywheel_nodes.effects.teleop.relay_client import RelayClient, RelayError
from flywheel_nodes.effects.teleop.tokens import load_private_key, mint, PRIVATE

PERIOD_S = 1 / 30
PATIENCE_S = 1.0
AXES = {'vx': 0.6}


class Network:
    """A TCP connection to the relay that passes nothing on while it is cut."""

    def __init__(self) -> None:
        self._whole = asyncio.Event()
        self._whole.set()
        self._pumps: set[asyncio.Task[None]] = set()
        self._ends: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None
        self._loop = asyncio.get_running_loop()

    async def to(self, url: str) -> str:
        """Return the address under which a relay is reached through this network."""
        there = urlsplit(url)

        async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            far = await asyncio.open_connection(there.hostname, there.port)
            self._ends += [far[1], writer]
            for source, sink in ((reader, far[1]), (far[0], writer)):
                self._pumps.add(asyncio.ensure_future(self._pump(source, sink)))
        self._server = await asyncio.start_server(join, '127.0.0.1', 0)
        return f'ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}{there.path}'

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            await self._whole.wait()
            sink.write(data)
        sink.close()

    async def close(self) -> None:
        """End all that goes through it."""
        if self._server:
            self._server.close()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)
        for end in self._ends:
            end.close()
        await asyncio.gather(*(end.wait_closed() for end in self._ends), return_exceptions=True)

    def cut(self) -> None:
        """Pass nothing on; to be called from any thread."""
        self._loop.call_soon_threadsafe(self._whole.clear)

    def mend(self) -> None:
        """Pass on what has queued up, and all that follows."""
        self._loop.call_soon_threadsafe(self._whole.set)


class Pilot(threading.Thread):
    """Claims the robot and drives on and on, from `firm` on whatever happens, until its end."""

    def __init__(self, data_dir: Path, robot: str = 'sim', axes: Mapping[str, float] = AXES,
                 reason: str = '') -> None:
        """
        Begin unconnected.

        :param reason: release the lease with it at the end; '': just go
        """
        super().__init__(name='pilot', daemon=True)
        key = load_private_key(data_dir / 'keys' / PRIVATE)
        self._token = partial(mint, key, robot, 'ada', Scope.DRIVE)
        self._axes, self._reason = axes, reason
        self._url = url_of(data_dir, 'teleop_relay')
        self._end = threading.Event()
        self.firm = threading.Event()  # set by the test: never let go from now on
        self.network: Network | None = None
        self.lost = ''

    def run(self) -> None:
        try:
            asyncio.run(self._fly())
        except (RelayError, OSError) as error:
            self.lost = str(error)

    async def _fly(self) -> None:
        self.network = Network()
        try:
            url = await self.network.to(self._url)
            while not await self._driven(url):
                await asyncio.sleep(PERIOD_S)
        finally:
            await self.network.close()

    async def _driven(self, url: str) -> bool:
        """Drive to the end; False for a lease lost to a stall before the test began with it."""
        try:
            async with RelayClient() as client:
                await client.connect(url, self._token)
                await self._drive(client)
        except RelayError:
            if self.firm.is_set() or self._end.is_set():
                raise
            return False
        return True

    async def _drive(self, client: RelayClient) -> None:
        await client.claim('direct')
        pressed = 0.0
        while not self._end.is_set():
            drives = client.state.mode == Mode.HUMAN and client.state.gate == Gate.NONE
            if not self.firm.is_set() and not drives and time.monotonic() > pressed + PATIENCE_S:
                await client.idle()  # a press follows neutral sticks
                await asyncio.sleep(4 * PERIOD_S)
                pressed = time.monotonic()
            await client.drive(self._axes)
            await asyncio.sleep(PERIOD_S)
        if self._reason:
            await client.release(self._reason, 'success')

    def end(self) -> None:
        """Let go at last."""
        self._end.set()
        self.join(30)
        assert not self.is_alive(), 'the operator does not end'
