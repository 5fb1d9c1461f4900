"""What is shown of a version is what happened while it ran, however often robots are scraped."""

from pathlib import Path

import pytest

from flywheel_nodes.core.dashboards.policy import DASHBOARD
from test.grafana.shown import HOUR, panel, Story

UID = DASHBOARD.uid
ROLLOUT = HOUR
SHOWN = ROLLOUT + 600  # and until then
BETWEEN = 360  # seconds from one intervention of the old version to the next; the last at ROLLOUT
NOW, BEFORE = '{policy="p", version="2"}', '{policy="p", version="1"}'
STUCK = 'flywheel_interventions_total{reason="stuck", robot="r1", site="lab"}'
TRAINING = 'flywheel_interventions_total{reason="training", robot="r1", site="lab"}'
DROVE = 'flywheel_mode_seconds_total{mode="policy", robot="r1", site="lab"}'
ALARM = 'flywheel_policy_monitor_alarms_total{detector="gap", robot="r1", site="lab"}'
RUNS = 'flywheel_policy_info{{policy="p", version="{}", robot="r1", site="lab"}}'
(PER_HOUR, _), (ALARMS,), TABLE = (
    panel(UID, 'Interventions per hour, by version').queries,
    panel(UID, 'Monitor alarms per hour of driving, by version').queries,
    {query.legend: query for query in panel(UID, 'Versions side by side').queries})


@pytest.fixture(params=(5, 15, 30), ids='scraped every {}s'.format)
def story(request: pytest.FixtureRequest, tmp_path: Path) -> Story:
    """Tell of one version that needed help ten times in its hour, and of a better one."""
    told = Story(tmp_path, request.param, ROLLOUT + HOUR + 240)
    told.tell(STUCK, lambda at: min(at, ROLLOUT) // BETWEEN)
    told.tell(TRAINING, lambda at: at // 60)
    told.tell(DROVE, lambda at: at)
    told.tell(RUNS.format(1), lambda at: 1 if at < ROLLOUT else 'stale')
    told.tell(RUNS.format(2), lambda at: 1 if at >= ROLLOUT else '_')
    return told


def test_the_graph_shows_a_version_what_it_did_itself(story: Story) -> None:
    story.shows(PER_HOUR.promql, ROLLOUT + 840, [(BEFORE, 10), (NOW, 0)])
    story.shows(PER_HOUR.promql, ROLLOUT + HOUR + 240, [(NOW, 0)])


def test_alarms_are_shown_by_the_same_driving(story: Story) -> None:
    story.tell(ALARM, lambda at: min(at, ROLLOUT) // 60 + max(0, at - ROLLOUT) // 120)
    story.shows(f'({ALARMS.promql}) / 10', ROLLOUT + 840, [(BEFORE, 6), (NOW, 3)])


def test_the_table_counts_what_the_objective_counts(story: Story) -> None:
    story.shows(TABLE['interventions'].promql, SHOWN, [(BEFORE, 10), (NOW, 0)], SHOWN)
    story.shows(TABLE['drove'].promql, SHOWN, [(BEFORE, HOUR), (NOW, 600)], SHOWN)


def test_the_version_now_is_beside_the_one_before(story: Story) -> None:
    for which, wanted in (('now', (NOW, 0)), ('before', (BEFORE, 10))):
        (query,) = panel(UID, f'Interventions: version {which}').queries
        story.shows(query.promql, SHOWN, [wanted], SHOWN)


def test_the_last_intervention_before_a_rollout_is_the_old_versions(story: Story) -> None:
    # It is seen for the first time in the same sample as the new version.
    story.tell(STUCK, lambda at: 1 if at >= ROLLOUT else 0)
    story.shows(TABLE['interventions'].promql, SHOWN, [(BEFORE, 1), (NOW, 0)], SHOWN)


def test_the_last_intervention_counts_for_the_old_version_while_none_runs(story: Story) -> None:
    # The rollout takes three minutes, and the operator lets go in the middle.
    story.tell(STUCK, lambda at: 1 if at >= ROLLOUT - 60 else 0)
    story.tell(RUNS.format(1), lambda at: 1 if at < ROLLOUT - 180 else 'stale')
    story.shows(TABLE['interventions'].promql, SHOWN, [(BEFORE, 1), (NOW, 0)], SHOWN)


def test_nothing_is_lost_while_a_robot_is_not_heard_for_minutes(story: Story) -> None:
    def away(at: int) -> bool:
        return ROLLOUT - 1000 < at < ROLLOUT - 760
    story.tell(DROVE, lambda at: 'stale' if away(at) else at)
    story.tell(STUCK, lambda at: 'stale' if away(at) else min(at, ROLLOUT) // BETWEEN)
    story.tell(RUNS.format(1), lambda at: 1 if at < ROLLOUT and not away(at) else 'stale')
    story.shows(TABLE['drove'].promql, SHOWN, [(BEFORE, HOUR), (NOW, 600)], SHOWN)
    story.shows(TABLE['interventions'].promql, SHOWN, [(BEFORE, 10), (NOW, 0)], SHOWN)


def test_what_starts_again_and_what_comes_late_adds_nothing_of_its_past(story: Story) -> None:
    story.tell(DROVE, lambda at: 50_000 + at if at < 1800 else at - 1800)
    story.tell(DROVE.replace('r1', 'r2'), lambda at: '_' if at < 2400 else 50_000 + at)
    story.tell(RUNS.format(2).replace('r1', 'r2'), lambda _: 1)
    drove = f'{TABLE["drove"].promql} / 600'
    story.shows(drove, SHOWN, [(BEFORE, 6), (NOW, 4)], SHOWN)
