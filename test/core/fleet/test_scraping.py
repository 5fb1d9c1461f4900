"""Robot and site are labels of each target, and the agent scrapes itself."""

import yaml

from flywheel_nodes.core.fleet.scraping import scrape_text, Target


def test_every_robot_is_a_target_with_its_labels() -> None:
    made = yaml.safe_load(scrape_text(
        [Target('a', 'lab', '127.0.0.1:1'), Target('b', 'yard', '127.0.0.1:2', '/b/metrics')],
        '127.0.0.1:3'))
    robots, agent = made['scrape_configs']
    assert robots['job_name'] == 'flywheel'
    assert robots['static_configs'][1] == {
        'targets': ['127.0.0.1:2'],
        'labels': {'robot': 'b', 'site': 'yard', '__metrics_path__': '/b/metrics'}}
    assert agent['static_configs'] == [{'targets': ['127.0.0.1:3']}]
