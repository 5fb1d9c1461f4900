"""What the fleet demo shows: numbers with the queries behind them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flywheel_nodes.core.fleet.answers import Answer


@dataclass(frozen=True)
class Number:
    """
    One thing to know about a fleet.

    form: how a value is written, as str.format() takes it, '' for not at all; at_least: fewer
    answers than that are a failure; most: rows that are shown.
    """

    title: str
    query: str
    form: str = '{:.3g}'
    at_least: int = 1
    most: int = 10


NUMBERS: tuple[Number, ...] = (
    Number('Robots that report', 'count(up{job="flywheel"} == 1)', '{:.0f}'),
    Number('Robots that fell silent, seconds since',
           'robot:flywheel_silence_seconds:max{robot!=""} > 20', '{:.0f} s'),
    Number('Autonomy: share of the driving that the policy did',
           'fleet:flywheel_autonomy:ratio1h', '{:.3f}'),
    Number('Mean time between interventions, seconds of policy driving; without any, all of it',
           'fleet:flywheel_interventions_mtb_seconds:1h', '{:.0f} s'),
    Number('Interventions by reason',
           'sort_desc(sum by (reason) (increase(flywheel_interventions_total[1h])) > 0.5)',
           '{:.0f}'),
    Number('Worst robots: interventions in an hour of policy driving',
           'topk(5, 3600 * (robot:flywheel_interventions:increase1h > 0.5) '
           '/ (robot:flywheel_policy_seconds:increase1h > 20))', '{:.0f}'),
    Number('Versions: robots with each',
           'sort_desc(count by (policy, version) (flywheel_policy_info))', '{:.0f}', at_least=2),
    Number('Versions: interventions in an hour of policy driving',
           'sort_desc(3600 * sum by (policy, version) (version:flywheel_interventions:rate5m) '
           '/ sum by (policy, version) (version:flywheel_policy_seconds:rate5m))', '{:.0f}'),
    Number('Alarms of the monitors',
           'sort_desc(sum by (detector) (increase(flywheel_policy_monitor_alarms_total[1h])) '
           '> 0.5)', '{:.0f}'),
    Number('Snippets saved', 'sum(increase(flywheel_recorder_snippets_total[1h]))', '{:.0f}'),
    Number('Alerts that fire',
           'sum by (alertname, robot, severity) (ALERTS{alertstate="firing",severity!="info"})',
           '', most=20),
    Number('Lost by the agent: bytes of its queue, packets',
           'sum(vm_persistentqueue_bytes_dropped_total) '
           '+ sum(vmagent_remotewrite_packets_dropped_total)', '{:.0f}'),
)


def lines(number: Number, answers: Sequence[Answer]) -> Iterator[str]:
    """Yield a number as lines of text: its title, its values, its query."""
    yield number.title
    for answer in answers[:number.most]:
        labels = ' '.join(value for name, value in answer.labels.items() if name != '__name__')
        yield f'  {number.form.format(answer.value):>8}  {labels}'.rstrip()
    if len(answers) > number.most:
        yield f'  and {len(answers) - number.most} more'
    if not answers:
        yield '      none'
    yield f'      {number.query}'
