from pathlib import Path

from flywheel_nodes.core.doctor.finding import Level
from flywheel_nodes.effects import dds_profile
from flywheel_nodes.effects.config_files import load_robot
from flywheel_nodes.effects.doctor import middleware

SIM, DOG = load_robot('sim'), load_robot('unitree_go2')
FAST = {middleware.VARIABLE: 'rmw_fastrtps_cpp'}


def test_the_middleware_in_use_is_told() -> None:
    assert middleware.rmw({}).sentence.startswith(middleware.in_use({}))
    absent = middleware.rmw({middleware.VARIABLE: 'rmw_pigeon_cpp'})
    assert absent.level is Level.WRONG and 'rmw_pigeon_cpp is not installed' in absent.sentence


def test_a_robot_that_needs_no_profile() -> None:
    assert middleware.profile(SIM, FAST).level is Level.OK


def test_a_robot_that_may_crash_is_joined_with_its_profile_only(tmp_path: Path) -> None:
    bare = middleware.profile(DOG, FAST)
    assert bare.level is Level.WRONG and dds_profile.VARIABLE in bare.remedy
    safe = FAST | dds_profile.environment(DOG, FAST)
    assert middleware.profile(DOG, safe).level is Level.OK
    other = tmp_path / 'other.xml'
    other.write_text('<dds/>')
    assert middleware.profile(DOG, FAST | {dds_profile.VARIABLE: str(other)}).level is Level.WRONG


def test_cyclone_needs_none() -> None:
    found = middleware.profile(DOG, {middleware.VARIABLE: dds_profile.CYCLONE})
    assert found.level is Level.OK and 'not needed' in found.sentence
