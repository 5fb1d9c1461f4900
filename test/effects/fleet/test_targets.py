"""Simulated robots answer a scrape as a real exporter does, until one goes offline."""

from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families
import pytest

from flywheel_nodes.core.fleet.roster import FLEET, OFFLINE_AFTER_S, Trouble
from flywheel_nodes.effects.fleet.targets import Targets


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def targets(clock: Clock) -> Iterator[Targets]:
    made = Targets(FLEET, clock)
    yield made
    made.close()


def scraped(address: str, path: str) -> dict[str, float]:
    with urlopen(f'http://{address}{path}', timeout=20) as answer:
        text = answer.read().decode()
    return {sample.name: sample.value for family in text_string_to_metric_families(text)
            for sample in family.samples}


def test_every_robot_has_its_own_series(targets: Targets) -> None:
    found = [scraped(target.address, target.path) for target in targets.targets()]
    assert len(found) == len(FLEET)
    assert all(one['flywheel_recorder_min_free_bytes'] == 2**31 for one in found)
    assert len({one['flywheel_battery_charge_ratio'] for one in found}) == len(FLEET)


def test_a_robot_goes_offline_after_a_while(targets: Targets, clock: Clock) -> None:
    robot = next(robot for robot in FLEET if robot.trouble is Trouble.OFFLINE)
    target = next(target for target in targets.targets() if target.robot == robot.name)
    assert scraped(target.address, target.path)
    clock.now += OFFLINE_AFTER_S + 1.0
    with pytest.raises(HTTPError, match='503'):
        scraped(target.address, target.path)


def test_other_paths_are_not_there(targets: Targets) -> None:
    with pytest.raises(HTTPError, match='404'):
        scraped(targets.address, '/metrics')
