"""An operator who minds one robot: resumes it when it holds, and drives around what it cannot."""

import asyncio
from collections.abc import Callable
import contextlib
from itertools import cycle
from pathlib import Path

from flywheel_nodes.core.errors import RelayError
from flywheel_nodes.core.events import Outcome, Phase, Reason
from flywheel_nodes.core.teleop.answers import State
from flywheel_nodes.core.teleop.protocol import Scope
from flywheel_nodes.effects.run_dir import url_of
from flywheel_nodes.effects.teleop.relay_client import RelayClient
from flywheel_nodes.effects.teleop.tokens import load_private_key, mint, PRIVATE
from flywheel_nodes.sim import hands
from flywheel_nodes.sim.witness import Pose

REASONS = (Reason.COLLISION_RISK, Reason.STUCK)
LOOK_S = 5.0
RESUME_S = 20.0
AGAIN_S = 1.0
BACK_S, AROUND_S = 1.2, 6.0  # past the crate, also on a machine that has much to do


class Minder:
    """One operator of one embedded robot."""

    def __init__(self, robot: str, data_dir: Path, say: Callable[[str], None],
                 pose: Callable[[], Pose] | None = None) -> None:
        """
        Begin unconnected.

        :param robot: as the lines that are said call it
        :param pose: where it is; None: it is resumed and never driven by hand
        """
        self._robot, self._data_dir, self._say, self._pose = robot, data_dir, say, pose
        self._reasons = cycle(REASONS)

    async def run(self) -> None:
        """Mind the robot until cancelled; raises RelayError when its relay is gone."""
        key = load_private_key(self._data_dir / 'keys' / PRIVATE)
        async with RelayClient() as operator:
            await operator.connect(url_of(self._data_dir, 'teleop_relay'),
                                   mint(key, 'sim', 'ada', Scope.DRIVE))
            while operator.connected:
                await self._look(operator)

    async def _look(self, operator: RelayClient) -> None:
        try:
            state = await operator.wait_for(lambda s: s.mode in ('hold', 'stopped'), LOOK_S)
        except asyncio.TimeoutError:
            return  # all is well
        try:
            await self._mend(operator, state)
        except (RelayError, asyncio.TimeoutError) as error:
            self._say(f'{self._robot}: {error or "the takeover was not granted in time"}')
            with contextlib.suppress(RelayError):
                await operator.release(Reason.OTHER, Outcome.ABORTED)
            await asyncio.sleep(AGAIN_S)

    async def _mend(self, operator: RelayClient, state: State) -> None:
        why = ', '.join(state.alarms) or state.gate
        if self._pose and state.alarms and state.gate == 'monitor':
            await self._help(operator, self._pose)
        await operator.back_to_policy(RESUME_S)
        self._say(f'{self._robot}: resumed, the policy drives; it was held: {why}')

    async def _help(self, operator: RelayClient, pose: Callable[[], Pose]) -> None:
        reason = next(self._reasons)
        self._say(f'{self._robot}: held by its monitor; ada takes over')
        await operator.claim('direct')
        await operator.wait_for(lambda s: s.phase == Phase.HANDOVER, LOOK_S)
        await operator.idle()
        await asyncio.sleep(0.2)
        operator.mark('recovery')
        await hands.back_off(operator, BACK_S)
        operator.mark('correction')
        await hands.around(operator, AROUND_S, pose)
        await operator.idle()
        await operator.release(reason, Outcome.SUCCESS, 'drove around the crate')
        self._say(f'{self._robot}: driven around the crate, released ({reason})')
