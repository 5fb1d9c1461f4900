"""What robots did, credited to the version of the policy that ran at that time."""

# A slice of time goes as a whole to the version that ran when it began.
SLICE = '$__rate_interval'
# Robots that are not heard for less than this miss nothing.
PATIENCE = '5m'
INFO = 'flywheel_policy_info{@,policy=~"$policy"}'
NOW_RUNS = f'group by (policy, version) ({INFO})'
# One version a robot, also while it changes; the one before while there is none.
RAN = ('topk by (robot, site) (1, '
       f'{INFO} offset {SLICE} or (last_over_time({INFO}[{PATIENCE}] offset {SLICE}) '
       f'unless on (robot, site) flywheel_policy_info{{@}} offset {SLICE}))')
SEEN = f'max by (policy, version) (max_over_time(timestamp({INFO})[$__range:{SLICE}]))'
FIRST_SEEN = f'min by (policy, version) (min_over_time(timestamp({INFO})[$__range:{SLICE}]))'
LAST_BEFORE = f'topk(1, {SEEN} unless on (policy, version) {NOW_RUNS})'


def grown(metric: str, labels: str = '') -> str:
    """
    Return the expression of what a counter grew by in a slice, by all of its labels.

    It is a difference: increase() adds a guess of what was before the first and after the last
    sample of each slice, and misses what is between two slices.

    :param labels: further matchers of the metric, such as ',mode="policy"'
    """
    newest = f'last_over_time({metric}{{@{labels}}}[{PATIENCE}]'
    return f'clamp_min({newest}) - {newest} offset {SLICE}), 0)'


def credited(metric: str, labels: str = '', *, over: str = '$__range', keep: str = '') -> str:
    """
    Return the expression of a counter's increase by policy and version.

    :param over: how far back
    :param keep: a further label to keep, such as 'le, '
    """
    return (f'sum_over_time(sum by ({keep}policy, version) ('
            f'sum by ({keep}robot, site) ({grown(metric, labels)}) '
            f'* on (robot, site) group_left (policy, version) {RAN})[{over}:{SLICE}])')


def driven(over: str = '$__range') -> str:
    """Return the expression of the seconds that each version drove."""
    return credited('flywheel_mode_seconds_total', ',mode="policy"', over=over)


def per_hour(metric: str, labels: str = '', *, over: str = '$__range') -> str:
    """Return the expression of a counter per hour of driving of each version."""
    return f'3600 * {credited(metric, labels, over=over)} / ({driven(over)} > 0)'


def interventions(over: str = '$__range') -> str:
    """Return the expression of each version's interventions per hour, as the objective counts."""
    return per_hour('flywheel_interventions_total', ',reason!="training"', over=over)
