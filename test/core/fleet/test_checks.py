"""What must be true names the robots that there are; that it is PromQL, test_numbers tells."""

from flywheel_nodes.core.fleet.checks import checks


def test_who_is_counted_driven_and_helped_stands_in_the_queries() -> None:
    found = {check.otherwise: check.query for check in checks(22, 1, 'steady', 'flawed')}
    assert found['not all 22 robots are known'] == 'count(up{job="flywheel"}) == 22'
    assert found['not 1 of 22 robots are offline'] == 'sum(up{job="flywheel"}) == 21'
    assert 'robot="steady"' in found['the policy of steady did not drive for 10 s']
    assert 'robot="flawed"' in found['nobody helped flawed']


def test_an_alert_that_always_fires_is_not_enough() -> None:
    (query,) = (check.query for check in checks(22, 1, 'steady', 'flawed')
                if check.otherwise == 'no alert fires')
    assert 'severity!="info"' in query  # as that of FlywheelWatchdog is
