"""policy_monitor over real DDS: verdicts, alarms, episodes."""

import time
from typing import Any

from std_srvs.srv import SetBool, Trigger

from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.control import PolicyInfo, Verdict
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.shedding import CALM_NS
from flywheel_nodes.core.ticks import absent, Tick
from flywheel_nodes.nodes.messages import to_array, to_multi_array
from flywheel_nodes.nodes.policy_monitor import MOST_TASKS, PolicyMonitor
from test.harness import Bench
from test.nodes.test_control_arbiter import chunk

PERIOD = SECOND // 20


def verdict(bench: Bench) -> Verdict | None:
    heard = bench.probe.heard['flywheel/verdict']
    return wire.verdict_from_status(heard[-1].status[0]) if heard else None


def events(bench: Bench) -> list[Event]:
    return [wire.event_from_status(m.status[0]) for m in bench.probe.heard['flywheel/events']]


def test_a_policy_gets_leave_and_loses_it(bench: Bench) -> None:
    bench.start('policy_monitor', PolicyMonitor)
    bench.probe.listen(topics.VERDICT, topics.EVENTS)
    info = to_array([wire.policy_to_status(PolicyInfo('steady', '1', 'c0ffee'))], 0)
    bench.probe.publish(topics.POLICY_INFO, info)
    bench.until(lambda: verdict(bench) == Verdict(False, ('no_policy',), 'steady'), 'no leave yet')
    last = 0.0

    def propose(vx: float = 0.5) -> None:
        nonlocal last
        if time.monotonic() - last > 0.1:
            last = time.monotonic()
            bench.probe.publish(topics.POLICY_BASE, chunk(time.time_ns(), vx))
    bench.until(lambda: verdict(bench) == Verdict(True, (), 'steady'), 'leave', each=propose)

    def alarm() -> Event | None:
        return next((e for e in events(bench) if e.name is EventName.POLICY_ALARM
                     and e.values['detector'] == 'contract'), None)

    def withheld() -> bool:
        told = verdict(bench)
        return told is not None and not told.ok and 'contract' in told.alarms
    raised = bench.until(alarm, 'an alarm', each=lambda: propose(float('nan')))
    assert 'vx is nan' in raised.sentence
    bench.until(withheld, 'the verdict', each=lambda: propose(float('nan')))
    bench.until(lambda: verdict(bench) == Verdict(True, (), 'steady'), 'leave again',
                each=propose)
    metrics = bench.running[0][0].metrics
    assert metrics.cell('policy_monitor_alarms_total', detector='contract').value == 1
    assert ('episodes_total', ('', 'steady')) in metrics.read(full=True), 'before the first ended'


def test_the_policy_before_is_told_no_more(bench: Bench) -> None:
    bench.start('policy_monitor', PolicyMonitor)
    metrics = bench.running[0][0].metrics

    def running() -> list[tuple[str, ...]]:
        return [labels for name, labels in metrics.read(full=True) if name == 'policy_info']
    for version in '1', '2':
        info = PolicyInfo('steady', version, 'c0ffee')
        bench.probe.publish(topics.POLICY_INFO, to_array([wire.policy_to_status(info)], 0))
        bench.until(lambda v=version: running() == [('steady', v, 'c0ffee')],
                    f'version {version} alone')


def test_episodes_by_service_are_told_and_counted(bench: Bench) -> None:
    bench.start('policy_monitor', PolicyMonitor)
    bench.probe.listen(topics.EVENTS)
    name = f'{bench.namespace}/policy_monitor'
    assert bench.call(Trigger, f'{name}/episode_start', Trigger.Request()).success
    assert not bench.call(Trigger, f'{name}/episode_start', Trigger.Request()).success
    assert bench.call(SetBool, f'{name}/episode_end', SetBool.Request(data=False)).success
    bench.until(lambda: any(e.name is EventName.EPISODE_ENDED for e in events(bench)), 'the event')
    metrics = bench.running[0][0].metrics
    failures = metrics.cell('episode_failures_total', task='', policy='')
    bench.until(lambda: failures.value == 1, 'the count')


def test_tasks_in_free_words_do_not_grow_the_metrics(bench: Bench) -> None:
    bench.start('policy_monitor', PolicyMonitor)
    metrics = bench.running[0][0].metrics
    many, wall = 3 * MOST_TASKS, time.time_ns()
    bench.probe.publish(topics.EVENTS, to_array([wire.event_to_status(Event(
        EventName.EPISODE_ENDED, 'over', 1, {'task': f'fetch cup {i}', 'policy': 'vla'}).stamped(
            str(i), 'policy', wall)) for i in range(many)], 0))

    def ended() -> dict[str, float]:
        return {labels[0]: sample.value for (name, labels), sample
                in metrics.read(full=True).items() if name == 'episodes_total'}
    bench.until(lambda: sum(ended().values()) == many, 'all are counted')
    assert len(ended()) == MOST_TASKS + 1 and ended()['other'] == many - MOST_TASKS


def test_what_the_monitor_before_has_counted_is_not_counted_again(bench: Bench) -> None:
    def ended(task: str) -> Any:
        return wire.event_to_status(Event(EventName.EPISODE_ENDED, 'over', 1, {
            'task': task, 'policy': 'vla'}).stamped(task, 'policy', time.time_ns()))
    bench.probe.publish(topics.EVENTS, to_array([ended('before')], 0))
    bench.start('policy_monitor', PolicyMonitor)
    bench.probe.publish(topics.EVENTS, to_array([ended('after')], 0))
    metrics = bench.running[0][0].metrics

    def counted() -> set[str]:
        return {labels[0] for name, labels in metrics.read(full=True) if name == 'episodes_total'}
    bench.until(counted, 'an episode')
    bench.until(lambda: bench.running[0][0].inlet.drain(0) == 0, 'nothing more')
    assert counted() == {'after'}


def test_what_is_left_undone_under_load_is_told_and_counted(bench: Bench) -> None:
    bench.start('policy_monitor', PolicyMonitor)
    bench.probe.listen(topics.EVENTS)
    shell = bench.running[0][0]
    labels = {'what': 'statistical_detectors', 'node': 'policy_monitor'}
    row = Tick(0, 0, 0, 0, 0, 0, 0, 1.0, 0, absent(1), absent(1), absent(1))
    table = to_multi_array(wire.ticks_to_table([row], ('vx',)))

    def told(name: EventName) -> list[Event]:
        return [event for event in events(bench) if event.name is name]

    def late() -> None:
        shell.loop_was_late(2 * PERIOD, PERIOD, time.monotonic_ns())
        bench.probe.publish(topics.TICKS, table)
    bench.until(lambda: told(EventName.SHEDDING_STARTED), 'the event', each=late)
    assert told(EventName.SHEDDING_STARTED)[0].values == {'what': 'statistical_detectors'}
    bench.until(lambda: shell.metrics.cell('shed_total', **labels).value, 'the count', each=late)
    assert shell.metrics.cell('shedding', **labels).value == 1
    begun = time.monotonic_ns()
    for now in [*[begun] * 100, begun + CALM_NS]:
        shell.loop_was_late(0, PERIOD, now)
    bench.until(lambda: told(EventName.SHEDDING_ENDED), 'the end')
    assert shell.metrics.cell('shedding', **labels).value == 0
