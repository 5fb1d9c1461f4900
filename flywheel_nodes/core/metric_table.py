"""
Every metric, declared once: from this table come the exporter's families and docs/metrics.md.

Names follow Prometheus: base units, _total for counters, two counters instead of a ratio. Labels
are closed sets or names of the robot's own parts; never an episode, a snippet or an operator.
"""

from flywheel_nodes.core.metric import Metric
from flywheel_nodes.core.metric_rows import (
    control,
    host,
    nodes,
    policy,
    recorder,
    robot,
    teleop,
    topics,
)

METRICS: tuple[Metric, ...] = (
    *nodes.ROWS, *topics.ROWS, *policy.ROWS, *control.ROWS, *teleop.ROWS, *robot.ROWS,
    *recorder.ROWS, *host.ROWS)

BY_NAME: dict[str, Metric] = {metric.name: metric for metric in METRICS}
