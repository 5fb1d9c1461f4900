"""Which middleware is there and in use, and whether the robot may be spoken to with it."""

from collections.abc import Mapping

from flywheel_nodes.core.doctor.finding import Finding, ok, refused, wrong
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.robot import Robot
from flywheel_nodes.effects import dds_profile, environment

VARIABLE = 'RMW_IMPLEMENTATION'


def in_use(environ: Mapping[str, str]) -> str:
    """Return the middleware that nodes will use, '' for none."""
    known = environment.middlewares()
    default = dds_profile.FAST[0] if dds_profile.FAST[0] in known else next(iter(known), '')
    return environ.get(VARIABLE, '') or default


def rmw(environ: Mapping[str, str]) -> Finding:
    """Return what was found of the middleware."""
    known, used = environment.middlewares(), in_use(environ)
    if used not in known:
        return wrong('rmw', f'{VARIABLE}={used} is not installed' if used else
                     'no ROS middleware is installed',
                     f'install it, or unset {VARIABLE}' if known else
                     'install ros-$ROS_DISTRO-rmw-fastrtps-cpp, or source the ROS set-up file')
    others = [name for name in known if name != used]
    return ok('rmw', used + (f'; {", ".join(others)} installed, too' if others else ''))


def profile(robot: Robot, environ: Mapping[str, str]) -> Finding:
    """
    Return whether the robot's bus may be joined; wrong means that it must not be.

    :param environ: with what `flywheel up` adds to it
    """
    path = dds_profile.path_of(robot)
    if path is None:
        return ok('dds profile', 'this robot needs none')
    used = in_use(environ)
    try:
        dds_profile.check(robot, used, environ)
    except ConfigError as error:
        return refused('dds profile', error)
    if used == dds_profile.CYCLONE:
        return ok('dds profile', f'not needed with {used}')
    return ok('dds profile', f'{environ.get(dds_profile.VARIABLE) or path} keeps the robot from '
                             'crashing')
