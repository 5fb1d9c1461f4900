"""A robot through all that dashboards show: two policies, alarms, people who take over, data."""

import asyncio
import contextlib
import os
from pathlib import Path
import subprocess
import sys
import threading

from flywheel_nodes.core.control import Mode
from flywheel_nodes.core.teleop.protocol import Scope
from flywheel_nodes.effects.run_dir import url_of
from flywheel_nodes.effects.teleop.relay_client import RelayClient
from flywheel_nodes.effects.teleop.tokens import load_private_key, mint, PRIVATE
from flywheel_nodes.effects.teleop.video_client import VideoClient
from test.up import Up, wait

BACK = {'vx': -0.4}


class Policy:
    """The embedded policy in a process of its own, so that another can take its place."""

    def __init__(self, up: Up, namespace: str, policy: str) -> None:
        self._log = (up.data_dir.parent / f'{policy}.log').open('w+')
        self.process = subprocess.Popen(
            [sys.executable, '-m', 'flywheel_nodes.start', 'policy', '--ros-args',
             '-r', f'__ns:={namespace}', '-p', f'policy:={policy}',
             '-p', f'data_dir:={up.data_dir}'],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, env=os.environ.copy())

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(30)
        self._log.close()


class Flight:
    """What happens to one robot, step by step; run() takes about 50 s."""

    def __init__(self, folder: Path, namespace: str) -> None:
        self.namespace = namespace
        self.up = Up(folder / 'data', '--namespace', namespace.strip('/'), '--without', 'policy',
                     '--domain', os.environ['ROS_DOMAIN_ID'],
                     '--param', 'snippet_recorder.post_roll:=2.0')
        self.policy: Policy | None = None

    def ready(self) -> str:
        """Return where the exporter answers, as soon as the robot is up."""
        self.up.wait_ready()
        self.policy = Policy(self.up, self.namespace, 'steady')
        return url_of(self.up.data_dir, 'health_exporter')

    def run(self) -> None:
        asyncio.run(self._fly())

    def end(self) -> None:
        if self.policy:
            self.policy.end()
        self.up.end()

    async def _fly(self) -> None:
        data_dir = self.up.data_dir
        token = mint(load_private_key(data_dir / 'keys' / PRIVATE), 'sim', 'ada', Scope.DRIVE)
        async with RelayClient() as client, VideoClient() as video:
            await client.connect(url_of(data_dir, 'teleop_relay'), token)
            await client.watch(video, width=320, rate=10)
            looking = asyncio.ensure_future(self._look(video))
            await self._policy_drives(client, 12.0)
            await self._take_over(client, video, 'stuck')
            await asyncio.to_thread(self._roll_out)
            await self._policy_drives(client, 4.0)
            await self._call('policy/fault_jump', 'true')
            await client.wait_for(lambda state: state.mode == Mode.HOLD, 60.0)
            await self._call('policy/fault_jump', 'false')
            await self._take_over(client, video, 'collision_risk')
            await self._policy_drives(client, 6.0)
            await self._call('sim_robot/joint_overheat', 'true')
            await asyncio.sleep(5.0)
            looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await looking

    async def _look(self, video: VideoClient) -> None:
        async for _ in video.frames():
            pass

    async def _policy_drives(self, client: RelayClient, seconds: float) -> None:
        await client.back_to_policy(60.0)
        await self._call('policy_monitor/episode_start')
        await asyncio.sleep(seconds)
        await self._call('policy_monitor/episode_end', 'false')

    async def _take_over(self, client: RelayClient, video: VideoClient, reason: str) -> None:
        await client.claim('video')
        while client.state.mode != Mode.HUMAN:
            await client.idle()
            await client.drive(BACK, frame=video.seen)
            await asyncio.sleep(1 / 30)
        for _ in range(75):
            await client.drive(BACK, frame=video.seen)
            await asyncio.sleep(1 / 30)
        await client.idle()
        await client.release(reason, 'success')

    async def _call(self, service: str, *value: str) -> None:
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, '-m', 'flywheel_nodes.cli', 'call', service, *value,
                             '--namespace', self.namespace, '--data-dir', str(self.up.data_dir)],
            capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1), done.stdout + done.stderr

    def _roll_out(self) -> None:
        """Replace the policy by another one, as a rollout does."""
        assert self.policy
        self.policy.end()
        threading.Event().wait(3.0)
        self.policy = Policy(self.up, self.namespace, 'flawed')
        wait(lambda: 'policy' in self.up.notes(), 'the new policy')
