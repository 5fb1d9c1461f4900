"""All dashboards, in the order of their links."""

from flywheel_nodes.core.dashboards import data, fleet, policy, recorder, robot, teleop
from flywheel_nodes.core.dashboards.model import Dashboard

FOLDER = 'config/grafana'  # of a checkout: where they are written

DASHBOARDS: tuple[Dashboard, ...] = (
    fleet.DASHBOARD, robot.DASHBOARD, policy.DASHBOARD, teleop.DASHBOARD, data.DASHBOARD,
    recorder.DASHBOARD)

BY_UID: dict[str, Dashboard] = {dashboard.uid: dashboard for dashboard in DASHBOARDS}
