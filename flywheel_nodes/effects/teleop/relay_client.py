"""
The client side of docs/protocol.md.

    async with RelayClient() as client:
        await client.connect(url, token)
        await client.claim()
        await client.hold({'vx': 0.4}, seconds=2.0)
        await client.release('stuck', 'success')
        await client.back_to_policy()

Axes are shares of each limit in -1..1. The lease is renewed in the background; everything that
moves the robot is up to the caller, who must go on calling drive() or hold().
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
import contextlib
import time
from typing import Literal

from flywheel_nodes.core.errors import RelayError
from flywheel_nodes.core.events import EventName, Outcome, Phase, Reason
from flywheel_nodes.core.teleop import protocol
from flywheel_nodes.core.teleop.view import from_message, View
from flywheel_nodes.effects.teleop.relay_link import Link, Message, TIMEOUT_S

RENEWALS_PER_LEASE = 3
ASK_AGAIN_S = 0.5
PATIENCE_S = 0.4
NEUTRAL_S = 0.15
Axes = Mapping[str, float]


class LeaseDeniedError(RelayError):
    """Somebody else holds the lease; holder: who."""

    def __init__(self, holder: str) -> None:
        """Note the holder."""
        super().__init__(f'{holder or "somebody"} holds the robot')
        self.holder = holder


class RelayClient:
    """
    One connection to a relay.

    welcome: what the relay said first (robot, scope, axes, limits); state: the newest View (mode,
    gate, speed, who holds the lease, ...); lease: the grant (lease, epoch, ttl), None without
    one; ended: why the last lease ended; round_trip_s: the newest measured; events: sentences of
    what happened to the robot, event_count: how many there were; refused: why the last resume
    was refused; rejects: the relay's newest refusals.
    All methods raise RelayError when the connection is gone or the relay refuses.
    """

    def __init__(self) -> None:
        """Begin unconnected."""
        self.welcome: Message = {}
        self.state = View()
        self.lease: Message | None = None
        self.ended = ''
        self.round_trip_s: float | None = None
        self.events: deque[str] = deque(maxlen=50)
        self.event_count = 0
        self.refused = ''
        self.rejects: deque[Message] = deque(maxlen=50)
        self.phase = Phase.CORRECTION
        self._link = Link(self._take, self._lost)
        self._tasks: list[asyncio.Task[None]] = []
        self._seq = 0
        self._news = asyncio.Condition()
        self._states = 0

    async def __aenter__(self) -> 'RelayClient':
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # --- connection -----------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        """Whether the relay can be talked to."""
        return not self._link.lost

    async def connect(self, url: str, token: str) -> Message:
        """
        Connect, say hello and return the relay's welcome; once in the life of a client.

        :param url: ws://HOST:PORT/control; without TLS only to this machine
        :param token: as `flywheel token` prints it; good for one connection
        """
        self.welcome = await self._link.open(url, token)
        self._tasks = [asyncio.ensure_future(self._keep_lease()),
                       asyncio.ensure_future(self._measure())]
        return self.welcome

    async def close(self) -> None:
        """Disconnect; a lease still held ends as aborted."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        await self._link.close()

    # --- what anybody may ask -------------------------------------------------------------------

    async def stop(self) -> None:
        """Stop the robot; needs neither lease nor a scope beyond view."""
        await self._link.ask('stop')

    async def resume(self) -> None:
        """
        Ask the arbiter to clear a stop, or else to let the policy drive.

        The arbiter decides: watch state.mode, and events for why it refused.
        """
        await self._link.ask('resume')

    async def back_to_policy(self, timeout_s: float = TIMEOUT_S) -> View:
        """Ask for a resume until the policy drives, and return that state."""
        end = time.monotonic() + timeout_s
        while self.state.mode != 'policy':
            await self.resume()
            with contextlib.suppress(asyncio.TimeoutError):
                return await self.wait_for(lambda s: s.mode == 'policy', ASK_AGAIN_S)
            if time.monotonic() > end:
                raise RelayError(
                    f'the policy does not drive: {self.refused or self.state.reason}')
        return self.state

    # --- the lease ------------------------------------------------------------------------------

    async def claim(self) -> Message:
        """Take the lease; raises LeaseDeniedError when somebody else holds it."""
        answer = await self._link.ask('claim')
        if answer['type'] == 'deny':
            raise LeaseDeniedError(answer['holder'])
        return answer

    async def release(self, reason: str = Reason.OTHER, outcome: str = Outcome.UNKNOWN,
                      note: str = '') -> None:
        """
        Give the lease back and say what the intervention was about.

        :param reason: a word of core.events.Reason
        :param outcome: a word of core.events.Outcome
        :param note: free text of at most 500 characters
        """
        await self._link.ask('release', **self._authority(), reason=str(reason),
                             outcome=str(outcome), note=note, phase=str(self.phase))

    def _authority(self) -> Message:
        if self.lease is None:
            self._link.check()
            because = f'; the last one ended: {self.ended}' if self.ended else ''
            raise RelayError(f'no lease is held: claim() first{because}')
        return {'lease': self.lease['lease'], 'epoch': self.lease['epoch']}

    # --- driving --------------------------------------------------------------------------------

    async def drive(self, axes: Axes, deadman: bool = True, *, joints: Axes | None = None,
                    obs_id: str = '', frame: str = '') -> int:
        """
        Send one command and return its sequence number; call it 20 to 50 times a second.

        A command moves the robot for 0.2 s at most.

        :param axes: share of each axis' limit in -1..1 by name
        :param deadman: whether the operator holds the deadman right now
        :param joints: absolute positions in rad or m by joint name
        :param obs_id: the observation the operator acts on
        :param frame: capture id of the newest camera frame the operator has seen
        """
        await self._link.send(
            'drive', **self._authority(), seq=self._next(), deadman=deadman,
            t_client=time.monotonic_ns(), axes=dict(axes), joints=dict(joints or {}),
            phase=str(self.phase), obs_id=obs_id, frame=frame)
        return self._seq

    async def idle(self) -> int:
        """Let go but keep the lease; return the sequence number."""
        await self._link.send('idle', **self._authority(), seq=self._next(),
                              phase=str(self.phase))
        return self._seq

    def _next(self) -> int:
        self._seq += 1
        return self._seq

    async def hold(self, axes: Axes, seconds: float, rate: float = 30.0) -> None:
        """
        Drive for a while, then let go.

        Where the arbiter does not follow (after a claim or a trip it wants neutral sticks first),
        the deadman is let go briefly and pressed again.
        """
        end = time.monotonic() + seconds
        patience = 0.0
        while time.monotonic() < end:
            if self.state.mode == 'human' and self.state.gate == 'none':
                patience = time.monotonic() + PATIENCE_S
            elif time.monotonic() > patience:
                await self.idle()
                await asyncio.sleep(NEUTRAL_S)
                patience = time.monotonic() + PATIENCE_S
            await self.drive(axes)
            await asyncio.sleep(1.0 / rate)
        await self.idle()

    def mark(self, phase: Literal['correction', 'recovery']) -> None:
        """Mark what the operator does from the next command on."""
        self.phase = Phase(phase)

    # --- watching -------------------------------------------------------------------------------

    async def wait_for(self, predicate: Callable[[View], bool],
                       timeout_s: float = TIMEOUT_S) -> View:
        """Return the first state that fulfils a condition; raises asyncio.TimeoutError."""
        async def wait() -> View:
            async with self._news:
                await self._news.wait_for(
                    lambda: bool(self._link.lost) or predicate(self.state))
                return self.state
        state = await asyncio.wait_for(wait(), timeout_s)
        self._link.check()
        return state

    async def states(self) -> AsyncIterator[View]:
        """Yield states as they come until the connection ends; a slow reader skips some."""
        seen = 0
        while self.connected:
            async with self._news:
                while self.connected and self._states == seen:
                    await self._news.wait()
            seen = self._states
            yield self.state

    # --- what the relay says --------------------------------------------------------------------

    async def _take(self, message: Message) -> None:
        match message['type']:
            case 'state':
                await self._show(from_message(message))
            case 'ping':
                now = time.monotonic_ns()
                await self._link.send('pong', t0=message['t0'], t1=now, t2=now)
            case 'pong':
                took = time.monotonic_ns() - message['t0'] - (message['t2'] - message['t1'])
                self.round_trip_s = max(0, took) / 1e9
            case 'event':
                self.events.append(message['sentence'])
                self.event_count += 1
                if message['name'] == EventName.RESUME_REFUSED:
                    self.refused = message['sentence']
            case 'reject':
                self.rejects.append(message)
            case 'grant' if 'claim' in self._link.asked:
                # A grant that nobody waits for any more must not arm anything.
                self.lease, self._seq, self.ended = message, 0, ''
            case 'ended' if self.lease and self.lease['epoch'] == message['epoch']:
                self.lease, self.ended = None, message['because']

    async def _show(self, state: View) -> None:
        async with self._news:
            self.state = state
            self._states += 1
            self._news.notify_all()

    async def _lost(self) -> None:
        self.lease = None
        async with self._news:
            self._news.notify_all()

    # --- in the background ----------------------------------------------------------------------

    async def _keep_lease(self) -> None:
        ttl = float(self.welcome['limits']['lease_ttl'])
        while self.connected:
            await asyncio.sleep(ttl / RENEWALS_PER_LEASE)
            if self.lease:
                await self._link.send('renew', **self._authority())

    async def _measure(self) -> None:
        while self.connected:
            await self._link.send('ping', t0=time.monotonic_ns())
            await asyncio.sleep(protocol.PING_PERIOD_NS / 1e9)
