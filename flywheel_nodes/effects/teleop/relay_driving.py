"""What a client does with a lease: claim it, keep it, drive under it, give it back."""

import asyncio
from collections.abc import Callable, Mapping
import contextlib
import time
from typing import Literal

from flywheel_nodes.core.control import Sight
from flywheel_nodes.core.errors import RelayError
from flywheel_nodes.core.events import Outcome, Phase, Reason
from flywheel_nodes.core.teleop import answers, asks, protocol
from flywheel_nodes.core.teleop.answers import Answer, Grant
from flywheel_nodes.core.teleop.fields import Note
from flywheel_nodes.effects.teleop.relay_watch import Watch
from flywheel_nodes.effects.teleop.video_client import VideoClient

RENEWALS_PER_LEASE = 3
PATIENCE_S = 0.4
NEUTRAL_S = 0.15
RATE = 50.0
Axes = Mapping[str, float]


class LeaseDeniedError(RelayError):
    """Somebody else holds the lease; holder: who."""

    def __init__(self, holder: str) -> None:
        """Note the holder."""
        super().__init__(f'{holder or "somebody"} holds the robot')
        self.holder = holder


class Driving(Watch):
    """
    The lease of one client, and what is sent under it.

    lease: what was granted, None without a lease; ended: why the last lease ended; phase: what
    drive() marks; video: the viewer whose frame on display each command names, None for none.
    """

    def __init__(self) -> None:
        """Begin without a lease."""
        super().__init__()
        self.lease: Grant | None = None
        self.ended = ''
        self.phase = Phase.CORRECTION
        self.video: VideoClient | None = None
        self._seq = 0

    # --- the lease ------------------------------------------------------------------------------

    async def claim(self, sight: str = Sight.VIDEO) -> Grant:
        """
        Get the lease, sticks neutral; raises LeaseDeniedError when somebody else holds it.

        :param sight: how the operator sees the robot: by displayed `video`, which commands must
            name, or `direct`, with own eyes
        """
        return await self._begin(asks.Claim(sight=Sight(sight)))

    async def take(self, sight: str = Sight.VIDEO) -> Grant:
        """Get the lease from whoever holds it; needs scope supervise."""
        return await self._begin(asks.Take(sight=Sight(sight)))

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
                    obs_id: str = '', frame: str | None = None) -> int:
        """
        Send one command and return its sequence number; call it 20 to 50 times a second.

        A command moves the robot for 0.2 s at most.

        :param axes: share of each axis' limit in -1..1 by name
        :param deadman: whether the operator holds the deadman right now
        :param joints: absolute positions in rad or m by joint name
        :param obs_id: the observation the operator acts on
        :param frame: capture id of the newest camera frame the operator has seen; None: the one
            that video displays
        """
        lease = self._held()
        await self._link.send(asks.Drive(
            lease=lease.lease, epoch=lease.epoch, seq=self._next(), deadman=deadman,
            t_client=time.monotonic_ns(), axes=dict(axes), joints=dict(joints or {}),
            phase=str(self.phase), obs_id=obs_id, frame=self._seen if frame is None else frame))
        return self._seq

    @property
    def _seen(self) -> str:
        return self.video.seen if self.video else ''

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
            case Grant() if 'claim' in self._link.asked or 'take' in self._link.asked:
                # A grant that nobody waits for any more must not arm anything.
                self.lease, self._seq, self.ended = message, 0, ''
            case answers.Ended() if self.lease and self.lease.epoch == message.epoch:
                self.lease, self.ended = None, message.because
            case _:
                await super()._take(message)

    async def _lost(self) -> None:
        if self.lease:
            self.lease, self.ended = None, protocol.Ended.CONNECTION_LOST
        await super()._lost()

    async def _keep_lease(self, ttl_s: float) -> None:
        with contextlib.suppress(RelayError):  # told to whoever waits by then
            while self.connected:
                await asyncio.sleep(ttl_s / RENEWALS_PER_LEASE)
                if self.lease:
                    await self._link.send(asks.Renew(lease=self.lease.lease,
                                                     epoch=self.lease.epoch))
