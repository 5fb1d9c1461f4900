from flywheel_nodes.core import topics
from flywheel_nodes.core.health.guarded import owners
from flywheel_nodes.core.processes import PROCESSES

ALL = [process.name for process in PROCESSES]


def test_what_moves_the_robot_has_one_publisher() -> None:
    found = owners(ALL)
    assert found[topics.ROBOT_CMD_VEL] == found[topics.ROBOT_JOINTS] == 'control_arbiter'
    assert found[topics.TELEOP_COMMAND] == 'teleop_relay'
    assert found[topics.CONTROL] == found[topics.TICKS] == 'control_arbiter'


def test_what_others_may_publish_is_not_guarded() -> None:
    found = owners(ALL)
    assert not {topics.POLICY_JOINTS, topics.EVENTS, topics.METRICS, topics.DIAGNOSTICS,
                topics.CAMERA} & found.keys()


def test_nodes_that_do_not_run_own_nothing() -> None:
    assert set(owners(['teleop_relay', 'policy']).values()) == {'teleop_relay'}
    assert owners([]) == {}
