from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.robot import Native
from flywheel_nodes.effects.config_files import load_robot, share_dir
from flywheel_nodes.effects.dds_profile import check, environment, FAST, VARIABLE

SIM = load_robot('sim')
LEGGED = replace(SIM, native=Native(domain=0, dds_profile='unitree.xml'))
SHIPPED = share_dir() / 'config' / 'dds' / 'unitree.xml'


def test_a_robot_that_needs_none_is_left_alone() -> None:
    assert environment(SIM, {}) == {}
    check(SIM, FAST[0], {})


def test_its_nodes_use_the_profile_that_ships_with_the_package() -> None:
    made = environment(LEGGED, {})
    assert made == {VARIABLE: str(SHIPPED)}
    check(LEGGED, FAST[0], made)
    assert environment(LEGGED, {'FASTRTPS_DEFAULT_PROFILES_FILE': 'mine.xml'}) == {}


def test_cyclone_needs_none() -> None:
    check(LEGGED, 'rmw_cyclonedds_cpp', {})


@pytest.mark.parametrize(('rmw', 'profile', 'says'), [
    ('rmw_zenoh_cpp', None, 'rmw_zenoh_cpp is not known to be safe'),
    (FAST[0], None, 'Fast DDS without a profile may crash'),
    (FAST[0], 'absent.xml', 'No such file'),
    (FAST[0], '<dds', 'not valid XML'),
    (FAST[0], '<dds/>', 'does not disable fastdds.type_propagation'),
    (FAST[0], SHIPPED.read_text().replace('>disabled<', '>enabled<'), 'does not disable'),
    (FAST[0], SHIPPED.read_text().replace('is_default_profile="true"', ''), 'does not disable'),
])
def test_what_may_crash_the_robot_is_refused_with_the_remedy(
        rmw: str, profile: str | None, says: str, tmp_path: Path) -> None:
    file = tmp_path / 'absent.xml'
    if profile and profile.startswith('<'):
        file = tmp_path / 'profile.xml'
        file.write_text(profile, encoding='utf-8')
    with pytest.raises(ConfigError, match=says) as error:
        check(LEGGED, rmw, {VARIABLE: str(file)} if profile else {})
    assert '\n' not in str(error.value)


@pytest.mark.parametrize('name', ['fastdds.xml', 'cyclonedds.xml', 'unitree.xml'])
def test_every_profile_is_xml(name: str) -> None:
    assert ElementTree.parse(SHIPPED.with_name(name)).getroot().tag.startswith('{')
