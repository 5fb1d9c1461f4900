"""Facts from two scrapes: which metric tells what."""

from collections.abc import Mapping
from dataclasses import replace
import math

from flywheel_nodes.core.node_process import NodeProcess, ProcessState
from flywheel_nodes.core.status.between import Between, HEARD
from flywheel_nodes.core.status.facts import (
    Control,
    Facts,
    Host,
    Node,
    Recorder,
    Score,
    Teleop,
    Topic,
)
from flywheel_nodes.core.status.scrape import Scrape

RECORDER = 'snippet_recorder'
NOBODY: Mapping[str, NodeProcess] = {}
TOLD_OF_TOPICS = ('topic_messages_total', 'topic_publishers', 'topic_silent',
                  'topic_competing_publishers')


def gather(seen: Between, mode_s: float | None = None, more: bool = False,
           processes: Mapping[str, NodeProcess] = NOBODY) -> Facts:
    """
    Return what two scrapes say.

    :param mode_s: for how long the mode is known to have been the same, where nobody tells more
    :param more: it may have been for longer
    :param processes: those of the robot's nodes on this machine
    """
    now = seen.now
    policy = now.only('policy_info')
    return Facts(
        model=now.only('robot_info').get('model', ''),
        version=now.only('build_info').get('version', ''),
        policy=' '.join(filter(None, (policy.get('policy'), policy.get('version')))),
        ready=now.ready, control=_control(now, mode_s, more), nodes=_nodes(seen, processes),
        topics=_topics(seen), scores=_scores(now), recorder=_recorder(seen), host=_host(seen),
        teleop=_teleop(seen))


def mode_of(now: Scrape) -> str:
    """Return who drives, '' when nobody tells."""
    return _chosen(now.by('mode', 'mode'))


def _chosen(rows: Mapping[str, float]) -> str:
    return next((name for name, value in rows.items() if value == 1.0), '')


def _control(now: Scrape, mode_s: float | None, more: bool) -> Control:
    since = _age(now, now.value('mode_since_timestamp_seconds'))
    if since is not None:
        mode_s, more = since, False
    return Control(mode_of(now), mode_s, more, _estop(now.value('estop_pressed')),
                   _chosen(now.by('control_owner', 'owner')), now.value('battery_charge_ratio'),
                   now.value('battery_charge_low_ratio'))


def _estop(value: float | None) -> str:
    if value is None:
        return ''
    return 'unknown' if math.isnan(value) else 'pressed' if value else 'released'


def _nodes(seen: Between, processes: Mapping[str, NodeProcess]) -> tuple[Node, ...]:
    up = seen.now.by('node_up', 'node')
    down = seen.now.down or {}
    nodes = (_node(seen, name, up.get(name) == 1.0, down.get(name, ''))
             for name in dict.fromkeys((*up, *down)))
    return tuple(one if one.up or one.name not in processes else
                 replace(one, process=_process(processes[one.name])) for one in nodes)


def _process(one: NodeProcess) -> str:
    return f'{"silent" if one.state is ProcessState.RUNS else one.state}, pid {one.pid}'


def _node(seen: Between, name: str, up: bool, down: str) -> Node:
    now = seen.now
    heard = now.value(HEARD, node=name)
    if not up and not down:
        down = 'never heard' if heard is None else f'silent for {now.wall_s - heard:.1f} s'
    started = now.value('node_start_time_seconds', node=name)
    return Node(name, up, down, seen.rate('process_cpu_seconds_total', node=name),
                now.value('process_resident_memory_bytes', node=name),
                now.value('node_restarts_total', node=name),
                seen.quantile(0.99, 'loop_late_seconds', node=name) if up else None,
                _age(now, started) if up else None)


def _age(now: Scrape, since: float | None) -> float | None:
    return None if since is None else max(0.0, now.wall_s - since)


def _topics(seen: Between) -> tuple[Topic, ...]:
    now = seen.now
    expected = now.by('topic_expected_rate_hertz', 'topic')
    names = [*expected, *(name for told in TOLD_OF_TOPICS for name in now.by(told, 'topic'))]
    return tuple(_topic(seen, name, expected.get(name)) for name in dict.fromkeys(names))


def _topic(seen: Between, name: str, expected: float | None) -> Topic:
    now = seen.now
    return Topic(
        name, _heard_rate(seen, name), expected,
        _unheard(now, name),
        seen.rate('topic_messages_lost_total', topic=name),
        seen.quantile(0.5, 'topic_latency_seconds', topic=name),
        now.value('topic_publishers', topic=name), now.value('topic_subscribers', topic=name),
        now.value('topic_silent', topic=name) == 1.0,
        now.value('topic_qos_mismatches', topic=name),
        now.value('topic_competing_publishers', topic=name))


def _unheard(now: Scrape, name: str) -> float | None:
    """Return for how long a topic had not been heard when the recorder reported that."""
    last = now.value('topic_last_message_timestamp_seconds', topic=name)
    reported = now.value(HEARD, node=RECORDER)
    if last is None or reported is None:
        return _age(now, last)
    return max(0.0, reported - last)


def _heard_rate(seen: Between, name: str) -> float | None:
    """Return how often the recorder hears a topic, or else who hears it most often."""
    recorded = seen.rate('topic_messages_total', topic=name, node=RECORDER)
    if recorded is not None:
        return recorded
    nodes = (dict(key) for key in seen.now.rows('topic_messages_total'))
    rates = [seen.rate('topic_messages_total', topic=name, node=one.get('node', ''))
             for one in nodes if one.get('topic') == name]
    return max((rate for rate in rates if rate is not None), default=None)


def _scores(now: Scrape) -> tuple[Score, ...]:
    scores = now.by('policy_monitor_score', 'detector')
    thresholds = now.by('policy_monitor_threshold', 'detector')
    return tuple(Score(name, scores.get(name), thresholds.get(name))
                 for name in dict.fromkeys((*thresholds, *scores)))


def _recorder(seen: Between) -> Recorder:
    now = seen.now
    return Recorder(now.value('recorder_ring_seconds'), now.value('recorder_snippets_held'),
                    now.value('recorder_free_bytes'), now.value('recorder_min_free_bytes'),
                    seen.rate('recorder_messages_lost_total'),
                    now.value('upload_queue_snippets'))


def _host(seen: Between) -> Host:
    now = seen.now
    spent = seen.rate('host_cpu_seconds_total')
    idle = sum(seen.rate('host_cpu_seconds_total', mode=mode) or 0.0
               for mode in ('idle', 'iowait'))
    data_size, data_free = disks(now).get('data', (None, None))
    synchronized = now.value('clock_synchronized')
    offsets = now.by('clock_offset_seconds', 'peer').values()
    return Host(
        max(0.0, 1.0 - idle / spent) if spent else None, now.value('host_cpus'),
        now.value('host_memory_size_bytes'), now.value('host_memory_available_bytes'),
        data_size, data_free,
        max(now.by('host_temperature_celsius', 'sensor').values(), default=None),
        seen.rate('host_network_received_bytes_total'),
        seen.rate('host_network_sent_bytes_total'),
        None if synchronized is None else synchronized == 1.0,
        max(offsets, key=abs, default=None))


def disks(now: Scrape) -> dict[str, tuple[float, float]]:
    """Return size and free space of each file system that is told of."""
    free = now.by('host_disk_free_bytes', 'disk')
    return {name: (size, free[name])
            for name, size in now.by('host_disk_size_bytes', 'disk').items()
            if size > 0.0 and name in free}


def _teleop(seen: Between) -> Teleop:
    now = seen.now
    session = now.value('teleop_session_active')
    return Teleop(None if session is None else session == 1.0, now.value('relay_connections'),
                  seen.quantile(0.5, 'teleop_round_trip_seconds') if session else None,
                  now.value('relay_help_waiting'))
