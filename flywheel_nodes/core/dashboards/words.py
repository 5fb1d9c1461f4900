"""Values that stand for words, and thresholds that several dashboards share."""

from flywheel_nodes.core.dashboards.model import Colour, Named, Step

MODES = (Named(1, 'policy', Colour.POLICY), Named(2, 'hold', Colour.HOLD),
         Named(3, 'human', Colour.HUMAN), Named(4, 'stopped', Colour.STOPPED))
MODE_COLOURS = tuple((name.text, name.colour) for name in MODES)
UP = (Named(0, 'down', Colour.ALARM), Named(1, 'up', Colour.GOOD))
YES_IS_BAD = (Named(0, 'no', Colour.GOOD), Named(1, 'yes', Colour.ALARM))
YES_IS_GOOD = (Named(0, 'no', Colour.ALARM), Named(1, 'yes', Colour.GOOD))
LEVELS = (Named(0, 'ok', Colour.GOOD), Named(1, 'warn', Colour.WATCH),
          Named(2, 'error', Colour.ALARM), Named(3, 'stale', Colour.PLAIN))

# One number a robot: 1 policy, 2 hold, 3 human, 4 stopped; nothing while the arbiter is down.
MODE_NOW = """max by (robot, site) (
    flywheel_mode{@,mode="policy"} or flywheel_mode{@,mode="hold"} * 2
    or flywheel_mode{@,mode="human"} * 3 or flywheel_mode{@,mode="stopped"} * 4)"""

NONE_IS_GOOD = (Step(0, Colour.GOOD), Step(1, Colour.ALARM))
SOME_IS_ODD = (Step(0, Colour.GOOD), Step(1, Colour.WATCH))
SHARE_USED = (Step(0, Colour.GOOD), Step(0.8, Colour.WATCH), Step(0.95, Colour.ALARM))
CHARGE = (Step(0, Colour.ALARM), Step(0.2, Colour.WATCH), Step(0.4, Colour.GOOD))
AUTONOMY = (Step(0, Colour.ALARM), Step(0.8, Colour.WATCH), Step(0.95, Colour.GOOD))
DELAY = (Step(0, Colour.GOOD), Step(0.2, Colour.WATCH), Step(0.4, Colour.ALARM))


def counted(metric: str, by: str = '', labels: str = '') -> str:
    """Return the expression of how many there were over the time shown: a whole number."""
    total = f'sum by ({by})' if by else 'sum'
    return f'round({total} (increase({metric}{{@{labels}}}[$__range])))'


def seldom(expr: str, label: str) -> str:
    """Return the series of an expression that are above 0, and one that says none otherwise."""
    return f'({expr} > 0) or label_replace(0 * sum({expr}), "{label}", "none", "", "")'


def quantile(share: float, metric: str, by: str = '', more: str = '') -> str:
    """Return the expression of a quantile of a histogram over the interval of rates."""
    labels = f'{by}, le' if by else 'le'
    return (f'histogram_quantile({share:g}, sum by ({labels}) '
            f'(rate({metric}_bucket{{@{more}}}[$__rate_interval])))')
