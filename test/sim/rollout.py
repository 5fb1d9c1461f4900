"""A policy and the world in a closed loop, in simulated time, as the real nodes close it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flywheel_nodes.core.clock import MILLISECOND, SECOND
from flywheel_nodes.core.robot import Robot
from flywheel_nodes.sim.course import Course
from flywheel_nodes.sim.policies import Observation, Plan, Policy
from flywheel_nodes.sim.world import RADIUS, World

STEP_NS = 5 * MILLISECOND
TICK_NS = 20 * MILLISECOND
CHUNK_NS = 100 * MILLISECOND
LATENCY_NS = 40 * MILLISECOND
TIMEOUT = 0.25


@dataclass
class Rollout:
    """The loop; now_ns is wall and monotonic time alike."""

    robot: Robot
    policy: Policy
    world: World
    now_ns: int = SECOND

    @classmethod
    def of(cls, robot: Robot, policy: Policy) -> 'Rollout':
        return cls(robot, policy, World(robot, Course(), TIMEOUT))

    def observe(self) -> Observation:
        world = self.world
        return Observation(self.now_ns, world.x, world.y, world.theta, tuple(world.joints))

    def run(self, seconds: float) -> Iterator[Plan]:
        """Let the policy drive; yield each plan as it is made."""
        waiting: list[tuple[int, Plan]] = []
        plan = None
        end = self.now_ns + int(seconds * SECOND)
        while self.now_ns < end:
            if self.now_ns % CHUNK_NS == 0:
                made = self.policy.act(self.observe())
                waiting.append((self.now_ns + LATENCY_NS, made))
                yield made
            if waiting and self.now_ns >= waiting[0][0]:
                plan = waiting.pop(0)[1]
            if plan and self.now_ns % TICK_NS == 0:
                self._apply(plan)
            self._pass()

    def _apply(self, plan: Plan) -> None:
        base = plan.base.sample(self.now_ns - plan.base.stamp_ns)
        joints = plan.joints.sample(self.now_ns + TICK_NS - plan.joints.stamp_ns)
        assert base is not None and joints is not None
        self.world.drive(*base, self.now_ns)
        names = [joint.name for joint in self.robot.joints]
        self.world.move(dict(zip(names, joints, strict=True)), self.now_ns)

    def _pass(self) -> None:
        self.now_ns += STEP_NS
        self.world.step(self.now_ns)

    def by_hand(self, vx: float, wz: float, seconds: float) -> None:
        """Drive by hand."""
        for _ in range(int(seconds * SECOND) // STEP_NS):
            self.world.drive(vx, wz, self.now_ns)
            self._pass()

    def until(self, condition: Callable[[World], bool], seconds: float) -> float | None:
        """Let the policy drive until the condition holds; return after how long, None if never."""
        start = self.now_ns
        for _ in self.run(seconds):
            if condition(self.world):
                return (self.now_ns - start) / SECOND
        return None

    @property
    def clearance(self) -> float:
        """Return the room between robot and crate, in m."""
        world, crate = self.world, self.world.course.crate
        apart = ((world.x - crate.x) ** 2 + (world.y - crate.y) ** 2) ** 0.5
        return apart - RADIUS - crate.radius
