"""The simulated robots: twenty at three sites, with two versions of a policy, six in trouble."""

from dataclasses import dataclass

from flywheel_nodes.core.words import Word

OFFLINE_AFTER_S = 30.0


class Trouble(Word):
    """What is wrong with a simulated robot."""

    NONE = 'none'
    OFFLINE = 'offline'
    DISK_FULL = 'disk_full'
    NODE_DOWN = 'node_down'
    CRASHING = 'crashing'
    BATTERY_LOW = 'battery_low'
    NATIVE_REMOTE = 'native_remote'


@dataclass(frozen=True)
class Simulated:
    """
    One robot.

    between: mean time between two interventions in s of policy driving. Real policies are better;
    these have to show something within two minutes.
    """

    name: str
    site: str
    model: str
    version: str
    between: float
    trouble: Trouble = Trouble.NONE


SITES = ('hall-1', 'hall-2', 'yard')
MODELS = ('unitree_go2', 'unitree_g1', 'clearpath_husky', 'spot')
# The new version is the better one; one robot in four has it.
VERSIONS = {'41': 240.0, '42': 600.0}
IN_TROUBLE = {3: Trouble.OFFLINE, 6: Trouble.DISK_FULL, 9: Trouble.NODE_DOWN,
              12: Trouble.CRASHING, 15: Trouble.BATTERY_LOW, 18: Trouble.NATIVE_REMOTE}
WORST = {5: 40.0, 14: 60.0}


def _robot(number: int) -> Simulated:
    version = '42' if number % 4 == 0 else '41'
    return Simulated(
        f'sim-{number:02}', SITES[number % len(SITES)], MODELS[number % len(MODELS)], version,
        WORST.get(number, VERSIONS[version]), IN_TROUBLE.get(number, Trouble.NONE))


FLEET: tuple[Simulated, ...] = tuple(map(_robot, range(1, 21)))
