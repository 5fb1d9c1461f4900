"""The fleet demo: robots, an agent, a Prometheus, and what it says of the fleet."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
import contextlib
from dataclasses import dataclass, field
import os
from pathlib import Path
import signal

import aiohttp
from rclpy.context import Context

from flywheel_nodes.core.fleet import numbers
from flywheel_nodes.core.fleet.checks import checks
from flywheel_nodes.core.fleet.roster import FLEET, Trouble
from flywheel_nodes.core.fleet.scraping import scrape_text, Target
from flywheel_nodes.effects.fleet import receiver
from flywheel_nodes.effects.fleet.programs import found, free_port, Programs
from flywheel_nodes.effects.fleet.receiver import Receiver
from flywheel_nodes.effects.fleet.stacks import Stack
from flywheel_nodes.effects.fleet.targets import Targets
from flywheel_nodes.effects.run_dir import pid_of
from flywheel_nodes.nodes.distro import ros
from flywheel_nodes.sim.minder import Minder
from flywheel_nodes.sim.turn_checks import CheckError, need
from flywheel_nodes.sim.witness import Witness

SETTLE_S = 60.0
AGAIN_S = 1.0


@dataclass
class Show:
    """One run; say prints a line of the timeline, tell a line of the result."""

    folder: Path
    steady: Stack
    flawed: Stack
    programs: Programs
    say: Callable[[str], None]
    tell: Callable[[str], None]
    minders: list['asyncio.Task[None]'] = field(default_factory=list)

    async def run(self, seconds: float, stay: bool) -> None:
        """Run it all; raises CheckError for what is not true, ConfigError for what is missing."""
        async with aiohttp.ClientSession() as http:
            with contextlib.closing(Targets(FLEET)) as simulated:
                prometheus = await self._start(http, simulated)
                async with self._minded():
                    await self._pass(seconds / 2)
                    self._crash()
                    await self._pass(seconds / 2)
                    await self._check(prometheus)
                    await self._numbers(prometheus)
                    if stay:
                        self.say('it goes on until Ctrl-C')
                        await self._pass(float('inf'))

    async def _start(self, http: aiohttp.ClientSession, simulated: Targets) -> Receiver:
        for stack in (self.steady, self.flawed):
            stack.start(self.programs)
        prometheus = await receiver.start(self.folder, self.programs, http)
        await self._unless_ended(asyncio.gather(self.steady.ready(http), self.flawed.ready(http)))
        self.say('2 full robots are up: '
                 f'{self.steady.name} ({self.steady.metrics}) and '
                 f'{self.flawed.name} ({self.flawed.metrics})')
        agent = self._start_agent(
            prometheus.url, [self.steady.target(), self.flawed.target(), *simulated.targets()])
        self.say(f'{len(FLEET)} simulated ones at http://{simulated.address}/NAME/metrics')
        self.say(f'vmagent at http://{agent}/targets scrapes all of them and sends to Prometheus '
                 f'at {prometheus.url}')
        return prometheus

    def _start_agent(self, url: str, targets: Sequence[Target]) -> str:
        listen = f'127.0.0.1:{free_port()}'
        file = self.folder / 'scrape.yml'
        file.write_text(scrape_text(targets, listen), encoding='utf-8')
        self.programs.start('vmagent', [
            found('vmagent'), f'-promscrape.config={file}', f'-httpListenAddr={listen}',
            f'-remoteWrite.url={url}/api/v1/write', '-remoteWrite.queues=1',
            f'-remoteWrite.tmpDataPath={self.folder / "queue"}',
            '-remoteWrite.maxDiskUsagePerURL=100MB', '-memory.allowedBytes=64MB'])
        return listen

    @contextlib.asynccontextmanager
    async def _minded(self) -> AsyncIterator[None]:
        """Have an operator for each full robot."""
        with ros(context=Context(), domain=self.flawed.domain.number) as context:
            witness = Witness(f'/{self.flawed.name}', context)
            self.minders = [asyncio.ensure_future(task) for task in (
                witness.listen(),
                Minder(self.steady.name, self.steady.data_dir, self.say).run(),
                Minder(self.flawed.name, self.flawed.data_dir, self.say,
                       lambda: witness.pose).run())]
            try:
                yield
            finally:
                for task in self.minders:
                    task.cancel()
                await asyncio.gather(*self.minders, return_exceptions=True)
                witness.close()

    def _crash(self) -> None:
        """Kill a node of the steady robot, which its supervisor starts again."""
        os.kill(pid_of(self.steady.data_dir, 'policy_monitor'), signal.SIGKILL)
        self.say(f'{self.steady.name}: policy_monitor is killed')

    async def _pass(self, seconds: float) -> None:
        """Wait; raises CheckError when a program or an operator ends."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while loop.time() < end:
            self._alive()
            await asyncio.sleep(min(0.2, max(0.0, end - loop.time())))

    async def _unless_ended(self, work: 'asyncio.Future[tuple[None, None]]') -> None:
        try:
            while not work.done():
                self._alive()
                await asyncio.sleep(0.1)
            work.result()
        finally:
            work.cancel()

    def _alive(self) -> None:
        for sentence in self.programs.ended():
            raise CheckError(sentence)
        for minder in self.minders:
            if minder.done():
                minder.result()
                raise CheckError('an operator lost the connection to a robot')

    async def _check(self, prometheus: Receiver) -> None:
        """Hold what must be true against the queries, which lag behind by a scrape and a rule."""
        offline = sum(robot.trouble is Trouble.OFFLINE for robot in FLEET)
        loop = asyncio.get_running_loop()
        end = loop.time() + SETTLE_S
        for check in checks(len(FLEET) + 2, offline, self.steady.name, self.flawed.name):
            while not await prometheus.ask(check.query):
                need(loop.time() < end, f'{check.otherwise}: no answer to {check.query}')
                await self._pass(AGAIN_S)

    async def _numbers(self, prometheus: Receiver) -> None:
        for number in numbers.NUMBERS:
            answers = await prometheus.ask(number.query)
            self.tell('')
            for line in numbers.lines(number, answers):
                self.tell(line)
            need(len(answers) >= number.at_least,
                 f'{number.title}: {len(answers)} answers to {number.query}')
        self.tell('')
