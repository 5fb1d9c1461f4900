"""What must be true when the fleet demo ends."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """A query that must have an answer, and what is wrong where it has none."""

    query: str
    otherwise: str


def checks(robots: int, offline: int, driven: str, helped: str) -> tuple[Check, ...]:
    """
    Return what must be true at the end.

    :param robots: how many there are; offline: how many of them cannot be reached by then
    :param driven: label of a full robot; helped: of the one that operators have to help
    """
    return (
        Check(f'count(up{{job="flywheel"}}) == {robots}', f'not all {robots} robots are known'),
        Check(f'sum(up{{job="flywheel"}}) == {robots - offline}',
              f'not {offline} of {robots} robots are offline'),
        *(Check(f'robot:flywheel_policy_seconds:increase1h{{robot="{name}"}} > 10',
                f'the policy of {name} did not drive for 10 s') for name in (driven, helped)),
        Check(f'sum(increase(flywheel_interventions_total{{robot="{helped}"}}[1h])) > 0.5',
              f'nobody helped {helped}'),
        Check('fleet:flywheel_autonomy:ratio1h > 0.5 < 1',
              'the autonomy is not between 0.5 and 1'),
        Check('count(ALERTS{alertstate="firing",severity!="info"})', 'no alert fires'),
        Check('sum(vm_persistentqueue_bytes_dropped_total) == 0', 'the agent lost samples'))
