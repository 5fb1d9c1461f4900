"""What turns a good chunk into a bad one."""

from dataclasses import replace
import math

from flywheel_nodes.core.driving.chunks import Chunk, Vector
from flywheel_nodes.core.robot import Robot

JUMP_BASE = -0.3
JUMP_SHARE = 0.25


class Spoiler:
    """Spoils the chunks of one policy, each for the base and the joints."""

    def __init__(self, robot: Robot) -> None:
        """Take the joints' ranges."""
        self._joints = robot.joints
        self._kept: tuple[Chunk, Chunk] | None = None
        self._odd = False

    def frozen(self, on: bool, base: Chunk, joints: Chunk) -> tuple[Chunk, Chunk]:
        """Repeat the chunks from before it was on, under the new stamps."""
        if not on or self._kept is None:
            self._kept = base, joints
        return (replace(self._kept[0], stamp_ns=base.stamp_ns),
                replace(self._kept[1], stamp_ns=joints.stamp_ns))

    def jump(self, base: Chunk, joints: Chunk) -> tuple[Chunk, Chunk]:
        """Spoil every second pair: the base backs off, the joints are elsewhere in range."""
        self._odd = not self._odd
        if not self._odd:
            return base, joints
        back = tuple((JUMP_BASE, *vector[1:]) for vector in base.values)
        return (replace(base, values=back),
                replace(joints, values=tuple(map(self._elsewhere, joints.values))))

    def _elsewhere(self, vector: Vector) -> Vector:
        steps = [JUMP_SHARE * (joint.upper - joint.lower) for joint in self._joints]
        return tuple(q + step if q + step <= joint.upper else q - step
                     for q, step, joint in zip(vector, steps, self._joints, strict=True))

    @staticmethod
    def nan(chunk: Chunk) -> Chunk:
        """Return the chunk with nothing but NaN in it."""
        return replace(chunk, values=tuple((math.nan,) * len(v) for v in chunk.values))
