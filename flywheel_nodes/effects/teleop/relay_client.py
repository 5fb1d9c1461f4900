"""
A client of a relay: docs/client.md shows it in use, docs/protocol.md tells what it speaks.

    async with RelayClient() as client:
        await client.connect(url, token)
        await client.claim()
        await client.hold({'vx': 0.4}, seconds=2.0)
        await client.release('stuck', 'success')
        await client.back_to_policy()

Axes are shares of each limit in -1..1. The lease is renewed in the background; everything that
moves the robot is up to the caller, who must go on calling drive(), hold() or steer().
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
import contextlib
import ssl
import time
from typing import Literal

from flywheel_nodes.core.errors import RelayError
from flywheel_nodes.core.events import Outcome, Phase, Reason
from flywheel_nodes.core.teleop import answers, asks, protocol
from flywheel_nodes.core.teleop.answers import Answer, Grant, State, Welcome
from flywheel_nodes.core.teleop.fields import Note
from flywheel_nodes.effects.teleop.relay_link import Link, TIMEOUT_S
from flywheel_nodes.effects.teleop.relay_watch import Watch

RENEWALS_PER_LEASE = 3
ASK_AGAIN_S = 0.5
PATIENCE_S = 0.4
NEUTRAL_S = 0.15
RATE = 50.0
Axes = Mapping[str, float]
Token = str | Callable[[], str] | Callable[[], Awaitable[str]]


class LeaseDeniedError(RelayError):
    """Somebody else holds the lease; holder: who."""

    def __init__(self, holder: str) -> None:
        """Note the holder."""
        super().__init__(f'{holder or "somebody"} holds the robot')
        self.holder = holder


class RelayClient(Watch):
    """
    One operator's way to a relay.

    lease: what was granted, None without a lease; ended: why the last lease ended; phase: what
    drive() marks; round_trip_s: the newest measured; rejects: the relay's newest refusals; and
    what Watch tells.
    All methods wait for a few seconds at most and raise RelayError when the connection is gone,
    the relay refuses or does not answer.
    """

    def __init__(self) -> None:
        """Begin unconnected."""
        super().__init__()
        self.lease: Grant | None = None
        self.ended = ''
        self.round_trip_s: float | None = None
        self.phase = Phase.CORRECTION
        self.rejects: deque[answers.Reject] = deque(maxlen=50)
        self._welcome: Welcome | None = None
        self._url = ''
        self._tls: ssl.SSLContext | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._seq = 0

    async def __aenter__(self) -> 'RelayClient':
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # --- connection -----------------------------------------------------------------------------

    @property
    def welcome(self) -> Welcome:
        """What the relay said first: robot, scope, axes, joints, limits."""
        if self._welcome is None:
            raise RelayError('not connected: connect() first')
        return self._welcome

    async def connect(self, url: str, token: Token, tls: ssl.SSLContext | None = None) -> Welcome:
        """
        Connect, say hello and return the relay's welcome.

        :param url: ws://HOST:PORT/control; without TLS only to this machine
        :param token: as `flywheel token` prints it, good for one connection; or what gives one
        :param tls: whom to trust, and the client's certificate where the relay wants one
        """
        if callable(token):
            given = token()
            token = given if isinstance(given, str) else await given
        self._url, self._tls = url, tls
        return await self._open(token=token)

    async def reconnect(self) -> Welcome:
        """
        Come back to watch, without a token: never with a lease, and only with scope view.

        To drive again, connect() with a fresh token.
        """
        if not self.welcome.resume:
            raise RelayError('the relay gave no secret to come back with: connect() again')
        return await self._open(resume=self.welcome.resume)

    async def _open(self, token: str = '', resume: str = '') -> Welcome:
        await self.close()
        self._link = Link(self._take, self._lost)
        self._welcome = await self._link.open(self._url, token=token, resume=resume,
                                              tls=self._tls)
        self._tasks = [asyncio.ensure_future(self._keep_lease()),
                       asyncio.ensure_future(self._measure())]
        return self._welcome

    async def close(self) -> None:
        """Disconnect; a lease still held ends as aborted."""
        await self._link.close()  # first: the tasks end with it even if they miss the cancellation
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    # --- what anybody may ask -------------------------------------------------------------------

    async def stop(self) -> None:
        """Stop the robot; needs neither lease nor a scope beyond view."""
        await self._link.ask(asks.Stop())

    async def resume(self) -> None:
        """
        Ask the arbiter to clear a stop, or else to let the policy drive.

        The arbiter decides: watch state.mode, and events for why it refused.
        """
        await self._link.ask(asks.Resume())

    async def back_to_policy(self, timeout_s: float = TIMEOUT_S) -> State:
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

    async def accept(self, help_id: str) -> None:
        """Take care of a request for help; the lease is claimed apart from it."""
        await self._link.ask(asks.HelpAccept(id=help_id))

    async def dismiss(self, help_id: str) -> None:
        """End a request for help that needs nobody."""
        await self._link.ask(asks.HelpDismiss(id=help_id))

    # --- the lease ------------------------------------------------------------------------------

    async def claim(self) -> Grant:
        """Get the lease, sticks neutral; raises LeaseDeniedError when somebody else holds it."""
        return await self._begin(asks.Claim())

    async def take(self) -> Grant:
        """Get the lease from whoever holds it; needs scope supervise."""
        return await self._begin(asks.Take())

    async def _begin(self, ask: asks.Claim | asks.Take) -> Grant:
        answer = await self._link.ask(ask)
        if not isinstance(answer, Grant):
            raise LeaseDeniedError(answer.holder if isinstance(answer, answers.Deny) else '')
        await self.idle()  # without neutral sticks the first press is refused
        return answer

    async def release(self, reason: str = Reason.OTHER, outcome: str = Outcome.UNKNOWN,
                      note: str = '') -> None:
        """
        Give the lease back and say what the intervention was about.

        :param reason: a word of core.events.Reason
        :param outcome: a word of core.events.Outcome
        :param note: free text of at most 500 characters
        """
        lease = self._held()
        await self._link.ask(asks.Release(
            lease=lease.lease, epoch=lease.epoch, reason=Reason(reason), outcome=Outcome(outcome),
            note=Note(note), phase=str(self.phase)))

    def _held(self) -> Grant:
        if self.lease is None:
            self._link.check()
            because = f'; the last one ended: {self.ended}' if self.ended else ''
            raise RelayError(f'no lease is held: claim() first{because}')
        return self.lease

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
        lease = self._held()
        await self._link.send(asks.Drive(
            lease=lease.lease, epoch=lease.epoch, seq=self._next(), deadman=deadman,
            t_client=time.monotonic_ns(), axes=dict(axes), joints=dict(joints or {}),
            phase=str(self.phase), obs_id=obs_id, frame=frame))
        return self._seq

    async def idle(self) -> int:
        """Let go but keep the lease; return the sequence number."""
        lease = self._held()
        await self._link.send(asks.Idle(lease=lease.lease, epoch=lease.epoch, seq=self._next(),
                                        phase=str(self.phase)))
        return self._seq

    def _next(self) -> int:
        self._seq += 1
        return self._seq

    async def hold(self, axes: Axes, seconds: float, rate: float = RATE) -> None:
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

    async def steer(self, read: Callable[[], Axes | None], rate: float = RATE) -> str:
        """
        Follow a person's controls until the lease is over, and return why it is.

        :param read: called before each command: the axes while the deadman is held, None while
            it is not; it must not wait
        """
        pressed = True
        while self.lease:
            axes = read()
            if axes is not None:
                await self.drive(axes)
            elif pressed:
                await self.idle()
            pressed = axes is not None
            await asyncio.sleep(1.0 / rate)
        return self.ended

    def mark(self, phase: Literal['correction', 'recovery']) -> None:
        """Mark what the operator does from the next command on."""
        self.phase = Phase(phase)

    # --- what the relay says --------------------------------------------------------------------

    async def _take(self, message: Answer) -> None:
        match message:
            case answers.Ping():
                now = time.monotonic_ns()
                await self._link.send(asks.Pong(t0=message.t0, t1=now, t2=now))
            case answers.Pong():
                took = time.monotonic_ns() - message.t0 - (message.t2 - message.t1)
                self.round_trip_s = max(0, took) / 1e9
            case answers.Reject():
                self.rejects.append(message)
            case Grant() if 'claim' in self._link.asked or 'take' in self._link.asked:
                # A grant that nobody waits for any more must not arm anything.
                self.lease, self._seq, self.ended = message, 0, ''
            case answers.Ended() if self.lease and self.lease.epoch == message.epoch:
                self.lease, self.ended = None, message.because
            case _:
                await self._hear(message)

    async def _lost(self) -> None:
        if self.lease:
            self.lease, self.ended = None, protocol.Ended.CONNECTION_LOST
        await self._notify()

    # --- in the background ----------------------------------------------------------------------

    async def _keep_lease(self) -> None:
        ttl = self.welcome.limits.lease_ttl
        with contextlib.suppress(RelayError):  # told to whoever waits by then
            while self.connected:
                await asyncio.sleep(ttl / RENEWALS_PER_LEASE)
                if self.lease:
                    await self._link.send(asks.Renew(lease=self.lease.lease,
                                                     epoch=self.lease.epoch))

    async def _measure(self) -> None:
        with contextlib.suppress(RelayError):
            while self.connected:
                await self._link.send(asks.Ping(t0=time.monotonic_ns()))
                await asyncio.sleep(protocol.PING_PERIOD_NS / 1e9)
