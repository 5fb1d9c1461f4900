"""The exporters of the simulated robots: one server, a path for each."""

from collections.abc import Callable, Sequence
import time

from flywheel_nodes.core.fleet.roster import Simulated
from flywheel_nodes.core.fleet.scraping import Target
from flywheel_nodes.core.fleet.series import families, Moment, offline
from flywheel_nodes.effects.metrics_http import Reply, Request, Route, Server
from flywheel_nodes.effects.prometheus import FamilyCollector


class Targets:
    """Serves the series of some robots from its making until close()."""

    def __init__(self, robots: Sequence[Simulated],
                 clock: Callable[[], float] = time.monotonic) -> None:
        """Listen on loopback; the robots' time begins now."""
        self._clock, self._began = clock, clock()
        self._robots = robots
        self._server = Server('fleet-demo', '127.0.0.1', 0, {
            f'/{robot.name}/metrics': self._route(robot) for robot in robots})
        self.address = self._server.url.removeprefix('http://')

    def targets(self) -> list[Target]:
        """Return what an agent has to scrape."""
        return [Target(robot.name, robot.site, self.address, f'/{robot.name}/metrics')
                for robot in self._robots]

    def _route(self, robot: Simulated) -> Route:
        collector = FamilyCollector(
            lambda: families(Moment(robot, self._elapsed(), time.time())))

        def answer(request: Request) -> Reply:
            if offline(robot, self._elapsed()):
                return Reply(503, b'the link of this robot is down\n')
            made = collector.render(request.headers.get('accept', ''))
            return Reply(200, made.body, made.content_type)
        return answer

    def _elapsed(self) -> float:
        return self._clock() - self._began

    def close(self) -> None:
        """Stop serving."""
        self._server.close()
