from contextlib import ExitStack

from flywheel_nodes.commands.up import away_from_networks, away_from_robots, REACHES_OUT
from flywheel_nodes.effects.bring_up import with_domain
from flywheel_nodes.effects.domains import Domain


def test_a_fake_is_alone_with_itself_whatever_the_environment_says() -> None:
    outside = dict.fromkeys(REACHES_OUT, '0') | {'PATH': '/bin'}
    domain = Domain()
    try:
        env = with_domain(away_from_networks(outside), domain.env())
    finally:
        domain.close()
    assert env['ROS_DOMAIN_ID'] == str(domain.number)
    assert env['ROS_AUTOMATIC_DISCOVERY_RANGE'] == 'LOCALHOST'
    assert env['PATH'] == '/bin' and not {'ROS_STATIC_PEERS', 'ROS_DISCOVERY_SERVER'} & env.keys()


def test_the_bus_of_a_fake_is_no_robots() -> None:
    with ExitStack() as stack:
        settings = away_from_robots('unitree_go2', stack)
        assert not {'robot_adapter.native_domain:=0', 'fake_robot.native_domain:=0'} & {*settings}
        assert len(settings) == 4, 'where it is looked for and its domain, for both'
