"""The full robots of the fleet demo: `flywheel up`, each in a ROS domain of its own."""

import asyncio
from dataclasses import dataclass
import os
from pathlib import Path
import sys
import time
from urllib.parse import urlsplit

import aiohttp

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.fleet.scraping import Target
from flywheel_nodes.effects.bring_up import with_domain
from flywheel_nodes.effects.domains import Domain
from flywheel_nodes.effects.fleet.programs import Programs
from flywheel_nodes.effects.run_dir import url_of

UP_S = 90.0
ASK_S = 5.0
CAMERA_HZ = 5.0


@dataclass(frozen=True)
class Stack:
    """One full robot: its name in the fleet, its embedded policy, its data, its domain."""

    name: str
    policy: str
    data_dir: Path
    domain: Domain

    def start(self, programs: Programs) -> None:
        """Start it."""
        programs.start(self.name, [
            sys.executable, '-m', 'flywheel_nodes.cli', 'up', '--robot', 'sim', '--policy',
            self.policy, '--namespace', self.name, '--data-dir', str(self.data_dir),
            '--param', 'health_exporter.port:=0', '--param', 'teleop_relay.port:=0',
            '--param', f'sim_robot.camera_rate:={CAMERA_HZ}'],
            with_domain({**os.environ, **self.domain.env()}, {}))

    @property
    def metrics(self) -> str:
        """The URL of its metrics, '' until it is known."""
        return url_of(self.data_dir, 'health_exporter')

    def target(self) -> Target:
        """Return what the agent scrapes."""
        return Target(self.name, 'lab', urlsplit(self.metrics).netloc)

    async def ready(self, http: aiohttp.ClientSession) -> None:
        """Wait until all its nodes are heard; raises ConfigError after 90 s."""
        end = time.monotonic() + UP_S
        while time.monotonic() < end:
            if url_of(self.data_dir, 'teleop_relay') and await self._says_ready(http):
                return
            await asyncio.sleep(0.2)
        raise ConfigError(f'{self.name} is not ready after {UP_S:g} s')

    async def _says_ready(self, http: aiohttp.ClientSession) -> bool:
        """Ask once; a robot that starts may refuse, hang up or be slow."""
        url = self.metrics.replace('/metrics', '/readyz')
        try:
            async with http.get(url, timeout=aiohttp.ClientTimeout(total=ASK_S)) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, asyncio.TimeoutError):
            return False
