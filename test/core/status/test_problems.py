"""Each thing out of order is one sentence; a robot that is well has none."""

import pytest

from flywheel_nodes.core.status.between import Between
from flywheel_nodes.core.status.gather import gather
from flywheel_nodes.core.status.problem import Level
from flywheel_nodes.core.status.problems import problems
from test.core.status.scrapes import GOOD, made


def said(more: str = '', before: str = '', wall_s: float = 1010.0,
         down: dict[str, str] | None = None) -> list[str]:
    old = {line.split(' ')[0] for line in more.splitlines()}
    text = '\n'.join(line for line in GOOD.splitlines() if line.split(' ')[0] not in old)
    seen = Between(made(wall_s, more, down=down, text=text + '\n'), made(1000.0, before))
    found = problems(seen, gather(seen))
    levels = [one.level for one in found]
    assert levels == sorted(levels, key=lambda level: level is not Level.BAD)
    return [one.sentence for one in found]


def test_a_robot_that_is_well_has_none() -> None:
    assert said() == []


@pytest.mark.parametrize(('more', 'sentence'), [
    ('estop_pressed 1', 'the emergency stop is pressed'),
    ('estop_pressed NaN', 'it is unknown whether the emergency stop is pressed'),
    ('control_owner{owner="flywheel"} 0\ncontrol_owner{owner="native"} 1',
     'somebody drives with a pendant, remote or tablet'),
    ('mode{mode="policy"} 0\nmode{mode="stopped"} 1',
     'the robot is STOPPED: somebody must resume it'),
    ('mode{mode="policy"} 0\nmode{mode="hold"} 1',
     'the robot holds: the policy does not drive'),
    ('policy_monitor_score{detector="gap"} 0.6',
     'the monitor alarms: gap is 0.6, the threshold 0.6'),
    ('policy_monitor_score{detector="gap"} +Inf',
     'the monitor alarms: gap is endless, the threshold 0.6'),
    ('topic_silent{topic="odom"} 1\ntopic_last_message_timestamp_seconds{topic="odom"} 1005.8',
     'topics that ought to come are silent: odom 4.2 s'),
    ('topic_competing_publishers{topic="robot/cmd_vel"} 1',
     'somebody else publishes robot/cmd_vel: 1 publisher, named by `flywheel doctor`'),
    ('topic_qos_mismatches{topic="odom"} 2',
     'QoS keeps publishers and subscriptions of odom apart: 2 pairs'),
    ('battery_charge_ratio 0.1', 'the battery is at 10%'),
    ('joint_temperature_high_celsius 80\njoint_temperature_celsius{joint="elbow"} 81.5',
     'elbow is at 81.5 °C, the limit is 80 °C'),
    ('robot_problems 2',
     'the robot cannot be commanded: 2 problems, in the log of robot_adapter'),
    ('diagnostic_level{component="lidar"} 2', 'lidar reports an error on /diagnostics'),
    ('recorder_storage_blocked 1', 'the disk takes no snippets: 69.8 GiB are free'),
    ('recorder_quota_unmet{bound="age"} 1', 'snippets do not keep to their bound: age'),
    ('recorder_conditions_broken 1', '1 rule of the recorder can never fire'),
    ('relay_help_waiting 1', 'the robot asks for a human: 1 request waiting'),
    ('relay_certificate_expiry_timestamp_seconds 173810',
     "the relay's certificate expires in 2 d"),
    ('relay_certificate_expiry_timestamp_seconds 1', "the relay's certificate has expired"),
    ('host_disk_free_bytes{disk="data"} 1048576', 'the data disk is nearly full: 1 MiB are free'),
    ('host_disk_size_bytes{disk="root"} 1e9\nhost_disk_free_bytes{disk="root"} 1048576',
     'the root disk is nearly full: 1 MiB are free'),
    ('host_memory_available_bytes 1048576', 'memory is short: 1 MiB are left'),
    ('clock_synchronized 0', 'no time service steers the clock'),
    ('clock_offset_seconds{peer="ntp"} -0.25', 'the clock is 250 ms off'),
    ('shedding{what="previews",node="teleop_relay"} 1',
     'previews are left undone: the machine has no time for them')])
def test_what_is_so(more: str, sentence: str) -> None:
    assert said(more) == [sentence]


@pytest.mark.parametrize(('name', 'rises', 'sentence'), [
    ('loop_overruns_total{node="policy_monitor"}', 7,
     'loops began a full period late: policy_monitor 7'),
    ('topic_messages_lost_total{topic="odom",node="policy_monitor"}', 20,
     'messages are lost, each second: odom 2'),
    ('topic_messages_total{topic="odom",node="snippet_recorder"}', 100,
     'odom comes 10 times a second, expected are 50'),
    ('recorder_messages_lost_total{topic="odom",where="ring"}', 30,
     '3 messages a second do not get into a snippet'),
    ('exporter_series_dropped_total', 3, 'the exporter refused series 3 times'),
    ('log_messages_total{node="teleop_relay",level="error"}', 1,
     'teleop_relay logs: 1 message of level error')])
def test_what_happened_since(name: str, rises: int, sentence: str) -> None:
    assert said(f'{name} {5 + rises}', f'{name} 5') == [sentence]
    calm = 500 if 'messages_total{topic' in name else 0
    assert said(f'{name} {5 + calm}', f'{name} 5') == []


def test_a_full_disk_whose_space_nobody_knows_is_a_sentence() -> None:
    assert said('recorder_storage_blocked 1\nrecorder_free_bytes NaN') == [
        'the disk takes no snippets']


def test_nodes_that_are_down_or_restarted() -> None:
    assert said(down={'policy': 'never heard'}) == ['policy is down: never heard']
    back = ('node_restarts_total{node="teleop_relay"} 2\n'
            'node_start_time_seconds{node="teleop_relay"} 1000')
    assert said(back) == ['teleop_relay restarted 10 s ago after a crash; 2 restarts since boot']


def test_the_robot_is_told_before_the_components_on_diagnostics() -> None:
    flood = '\n'.join(f'diagnostic_level{{component="c{n}"}} 2' for n in range(97))
    found = said(f'{flood}\nrelay_help_waiting 1\nhost_memory_available_bytes 1048576\n'
                 'clock_synchronized 0')
    assert found == [
        'the robot asks for a human: 1 request waiting', 'memory is short: 1 MiB are left',
        *(f'c{n} reports an error on /diagnostics' for n in (0, 1, 10)),
        'and 94 more components report errors on /diagnostics',
        'no time service steers the clock']


def test_rates_are_told_last() -> None:
    name = 'topic_messages_total{topic="odom",node="snippet_recorder"}'
    logged = 'log_messages_total{node="a",level="error"}'
    found = said(f'{name} 105\nclock_synchronized 0\n{logged} 1', f'{name} 5\n{logged} 0')
    assert len(found) == 3 and found[-1].startswith('odom comes 10 times')


def test_many_of_a_kind_are_one_sentence() -> None:
    silent = '\n'.join(f'topic_silent{{topic="t{n}"}} 1\ntopic_publishers{{topic="t{n}"}} 0'
                       for n in range(9))
    assert said(silent) == ['topics that ought to come are silent: t0, t1, t2, t3 and 5 more']
