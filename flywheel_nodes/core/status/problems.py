"""What is out of order, one sentence each, the worst first."""

from collections.abc import Callable, Iterator, Mapping
import math

from flywheel_nodes.core.status.between import Between
from flywheel_nodes.core.status.diagnosed import diagnosed
from flywheel_nodes.core.status.facts import Facts, Topic
from flywheel_nodes.core.status.gather import disks
from flywheel_nodes.core.status.problem import bad, Level, many, Problem, warn
from flywheel_nodes.core.status.wording import brief, number, rate, share, size, span

MOST_NAMES = 4
YOUNG_S = 600.0
SLOW_SHARE = 0.5
DISK_SHARE, MEMORY_SHARE = 0.05, 0.1
CLOCK_S = 0.1
EXPIRY_S = 30 * 86_400.0

Found = Iterator[Problem]


def problems(seen: Between, told: Facts) -> list[Problem]:
    """Return all that is out of order in two scrapes and what was made of them."""
    found = [one for look in _LOOKS for one in look(seen, told)]
    return sorted(found, key=lambda one: one.level is not Level.BAD)


def _nodes(seen: Between, told: Facts) -> Found:
    for node in told.nodes:
        if not node.up:
            process = f' ({node.process})' if node.process else ''
            yield bad(f'{node.name} is down: {node.down}{process}')
        elif node.restarts and node.age_s is not None and node.age_s < YOUNG_S:
            yield bad(f'{node.name} restarted {span(node.age_s)} ago after a crash; '
                      f'{many(node.restarts, "restart")} since boot')
    late = {node.name: rises for node in told.nodes
            if (rises := seen.rise('loop_overruns_total', node=node.name))}
    if late:
        yield warn(f'loops began a full period late: {_list(late, number)}')


def _control(seen: Between, told: Facts) -> Found:
    control = told.control
    if control.mode == 'stopped':
        yield bad('the robot is STOPPED: somebody must resume it')
    if control.estop == 'pressed':
        yield bad('the emergency stop is pressed')
    elif control.estop == 'unknown':
        yield bad('it is unknown whether the emergency stop is pressed')
    if control.owner == 'native':
        yield bad('somebody drives with a pendant, remote or tablet')
    elif control.owner == 'unknown':
        yield bad('it is unknown who commands the robot')
    if control.mode == 'hold':
        yield warn('the robot holds: the policy does not drive')


def _policy(seen: Between, told: Facts) -> Found:
    for one in told.scores:
        if one.score is not None and one.threshold is not None and one.score >= one.threshold:
            # Before the first chunk the gap is endless.
            shown = 'endless' if math.isinf(one.score) else number(one.score)
            yield bad(f'the monitor alarms: {one.detector} is {shown}, the threshold '
                      f'{number(one.threshold)}')


def _robot(seen: Between, told: Facts) -> Found:
    now, control = seen.now, told.control
    if found := now.value('robot_problems'):
        yield bad(f'the robot cannot be commanded: {many(found, "problem")}, in the log of '
                  'robot_adapter')
    charge, low = control.battery_ratio, control.battery_low_ratio
    if charge is not None and low is not None and charge <= low:
        yield bad(f'the battery is at {share(charge)}')
    limit = now.value('joint_temperature_high_celsius')
    for joint, heat in now.by('joint_temperature_celsius', 'joint').items():
        if limit is not None and heat >= limit:
            yield bad(f'{joint} is at {number(heat)} °C, the limit is {number(limit)} °C')


def _topics(seen: Between, told: Facts) -> Found:
    if silent := {one.name: one.age_s for one in told.topics if one.silent}:
        yield bad(f'topics that ought to come are silent: {_list(silent, span)}')
    for topic in told.topics:
        yield from _connections(topic)
    if lost := {one.name: one.lost_hz for one in told.topics if one.lost_hz}:
        yield warn(f'messages are lost, each second: {_list(lost, rate)}')


def _slow(seen: Between, told: Facts) -> Found:
    for topic in told.topics:
        if not topic.silent and topic.rate_hz is not None and topic.expected_hz \
                and topic.rate_hz < SLOW_SHARE * topic.expected_hz:
            yield warn(f'{topic.name} comes {rate(topic.rate_hz)} times a second, expected are '
                       f'{rate(topic.expected_hz)}', topic.name)


def _connections(topic: Topic) -> Found:
    if topic.competing:
        yield bad(f'somebody else publishes {topic.name}: {many(topic.competing, "publisher")}, '
                  'named by `flywheel doctor`', topic.name)
    if topic.mismatches:
        yield warn(f'QoS keeps publishers and subscriptions of {topic.name} apart: '
                   f'{many(topic.mismatches, "pair")}', topic.name)


def _list(what: Mapping[str, float | None], shown: Callable[[float | None], str]) -> str:
    """Return the first names, with the numbers that belong to them, and how many more."""
    parts = [f'{name} {shown(value)}'.rstrip() for name, value in list(what.items())[:MOST_NAMES]]
    more = len(what) - len(parts)
    return ', '.join(parts) + (f' and {more} more' if more else '')


def _recorder(seen: Between, told: Facts) -> Found:
    now, recorder = seen.now, told.recorder
    if now.value('recorder_storage_blocked'):
        free = size(recorder.free_bytes)
        yield bad('the disk takes no snippets' + (f': {free} are free' if free else ''))
    for bound, unmet in now.by('recorder_quota_unmet', 'bound').items():
        if unmet:
            yield warn(f'snippets do not keep to their bound: {bound}')
    if recorder.lost_hz:
        yield bad(f'{rate(recorder.lost_hz)} messages a second do not get into a snippet')
    if found := now.value('recorder_conditions_broken'):
        yield warn(f'{many(found, "rule")} of the recorder can never fire')
    if found := now.value('recorder_states_unreadable'):
        yield warn(f'{many(found, "snippet")} without a readable state')


def _software(seen: Between, told: Facts) -> Found:
    for what, on in seen.now.by('shedding', 'what').items():
        if on:
            yield warn(f'{what} are left undone: the machine has no time for them')
    if found := seen.rise('exporter_series_dropped_total'):
        yield warn(f'the exporter refused series {many(found, "time")}')
    for level in ('error', 'fatal'):
        for node in seen.now.by('log_messages_total', 'node'):
            if found := seen.rise('log_messages_total', node=node, level=level):
                yield bad(f'{node} logs: {many(found, "message")} of level {level}')


def _teleop(seen: Between, told: Facts) -> Found:
    if found := told.teleop.help_waiting:
        yield bad(f'the robot asks for a human: {many(found, "request")} waiting')
    expiry = seen.now.value('relay_certificate_expiry_timestamp_seconds')
    if expiry is not None and expiry - seen.now.wall_s < EXPIRY_S:
        left = expiry - seen.now.wall_s
        yield bad("the relay's certificate has expired") if left < 0 else \
            warn(f"the relay's certificate expires in {span(left)}")


def _host(seen: Between, told: Facts) -> Found:
    host = told.host
    for name, (whole, free) in disks(seen.now).items():
        if free < DISK_SHARE * whole:
            yield bad(f'the {name} disk is nearly full: {size(free)} are free')
    if host.memory_bytes and host.memory_free_bytes is not None \
            and host.memory_free_bytes < MEMORY_SHARE * host.memory_bytes:
        yield bad(f'memory is short: {size(host.memory_free_bytes)} are left')
    if host.offset_s is not None and abs(host.offset_s) > CLOCK_S:
        yield warn(f'the clock is {brief(abs(host.offset_s))} off')
    elif host.synchronized is False:
        yield warn('no time service steers the clock')


_LOOKS: tuple[Callable[[Between, Facts], Found], ...] = (
    _nodes, _control, _policy, _robot, _topics, _recorder, _teleop, _host, _software,
    diagnosed,  # after what is known of the robot itself: anybody may say anything there
    _slow)  # last: a camera may well have been started at another rate than the file says
