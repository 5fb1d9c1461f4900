"""What single panels show of robots that go and come, and of alerts that mean nothing."""

from pathlib import Path

from flywheel_nodes.core.dashboards import data, fleet
from test.grafana.shown import panel, Story

RECORDED = 'flywheel_recorder_recorded_seconds_total{robot="%s", site="lab"}'
USABLE = 'flywheel_recorder_usable_seconds_total{robot="%s", site="lab"}'
DROVE = 'flywheel_mode_seconds_total{mode="policy", robot="%s", site="lab"}'
STUCK = 'flywheel_interventions_total{reason="stuck", robot="%s", site="lab"}'


def test_a_robot_that_comes_back_brings_nothing_of_its_past(tmp_path: Path) -> None:
    def there(at: int) -> bool:
        return not 900 < at < 2100
    story = Story(tmp_path, 15, 3600)
    story.tell(RECORDED % 'r1', lambda at: 50_000 if there(at) else 'stale')
    story.tell(USABLE % 'r1', lambda at: 20_000 if there(at) else 'stale')
    story.tell(RECORDED % 'r2', lambda at: 100 + at // 5)
    story.tell(USABLE % 'r2', lambda at: at // 15)
    usable, rest = panel(data.DASHBOARD.uid, 'Seconds recorded and usable').queries
    for at in (600, 1500, 2100, 2115, 2160, 3000):  # a minute is four scrapes
        story.shows(usable.promql, at, [('{}', 4)])
        story.shows(rest.promql, at, [('{}', 8)])


def test_without_an_intervention_there_is_no_time_between_them(tmp_path: Path) -> None:
    story = Story(tmp_path, 15, 3600)
    for robot in ('r1', 'r2'):
        story.tell(DROVE % robot, lambda at: at)
    story.tell(STUCK % 'r1', lambda _: 0)
    story.tell(STUCK % 'r2', lambda at: 3 * (at >= 1000))
    (mean,) = panel(fleet.DASHBOARD.uid, 'Mean time between interventions').queries
    table = {one.legend: one for one in panel(fleet.DASHBOARD.uid, 'Robots, worst first').queries}
    between = table['between interventions'].promql
    story.shows(mean.promql, 900, [], 900)
    story.shows(mean.promql, 1800, [('{}', 1200)], 1800)
    story.shows(between, 1800, [('{robot="r2", site="lab"}', 600)], 1800)


def test_an_alert_that_always_fires_is_no_alarm(tmp_path: Path) -> None:
    story = Story(tmp_path, 15, 1200, ('flywheel-recording.yml', 'flywheel-alerts.yml'))
    for series in ('up{job="flywheel", ', 'flywheel_build_info{'):  # of a robot that is parked
        story.tell(f'{series}robot="r1", site="lab"}}', lambda at: 1 if at <= 60 else 'stale')
    story.shows('count(ALERTS)', 60, [('{}', 1)])
    (firing,) = panel(fleet.DASHBOARD.uid, 'Alerts firing').queries
    (table,) = panel(fleet.DASHBOARD.uid, 'Alerts').queries
    info = '{alertname="FlywheelRobotDown", alertstate="firing", robot="r1", severity="info"}'
    for at, wanted in ((60, []), (1200, [(info, 0)])):
        story.shows(firing.promql, at, [('{}', 0)])
        story.shows(f'0 * {table.promql}', at, wanted)


def test_a_page_is_an_alarm(tmp_path: Path) -> None:
    story = Story(tmp_path, 15, 3600)
    for severity in ('page', 'ticket', 'info'):
        story.tell(f'ALERTS{{alertname="FlywheelNodeDown", alertstate="firing", '
                   f'severity="{severity}", robot="r1", site="lab"}}', lambda _: 1)
    (firing,) = panel(fleet.DASHBOARD.uid, 'Alerts firing').queries
    story.shows(firing.promql, 60, [('{}', 2)])
