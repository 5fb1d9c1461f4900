"""A bag comes out of ROS as it went in; a real robot's log goes through the running recorder."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
import time
from typing import Any

from nav_msgs.msg import Odometry
import pytest
from rclpy.qos import DurabilityPolicy, qos_profile_sensor_data, QoSProfile
from std_msgs.msg import String

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.recording.ring import Record
from flywheel_nodes.effects.recording import snippet_reader
from flywheel_nodes.effects.recording.bag_source import open_source
from flywheel_nodes.effects.recording.snippet_folder import broken
from flywheel_nodes.nodes.policy_monitor import PolicyMonitor
from flywheel_nodes.nodes.replay import Replay, Speed
from flywheel_nodes.nodes.robot_adapter import RobotAdapter
from test.commands.test_replay import play
from test.effects.recording.bags import chatter, KINDS, qos, Sent, VENDOR, write, write_ros1
from test.harness import Bench
from test.nodes.test_health_exporter import Rig
from test.nodes.test_snippet_recorder import request, Robot

RATE = 40.0
ODOM = 'husky_velocity_controller/odom'
NAMES = {'imu/data': 'imu/data', ODOM: 'odom', 'fix': 'fix'}  # in the log, and as played
MAX = Speed(float('inf'))


def padded(data: bytes) -> bytes:
    """Return a payload as DDS carries it between processes: filled up to whole words."""
    return data + bytes(-len(data) % 4)


# --- bags of our own, in this process -----------------------------------------------------------

class Audience:
    """Subscribers of some topics, and the player of a bag."""

    def __init__(self, bench: Bench, topics: Sequence[str], *, latched: bool = False) -> None:
        self.bench = bench
        self.heard: dict[str, list[bytes]] = {topic: [] for topic in topics}
        durability = (DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE)
        for topic, messages in self.heard.items():
            bench.probe.node.create_subscription(
                String, bench.namespace + topic, messages.append,
                QoSProfile(depth=1000, durability=durability), raw=True)

    def wait(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        self.bench.step()
        while time.monotonic() < end:
            self.bench.step()
            time.sleep(0.001)
        return False

    @contextmanager
    def player(self, bag: Path, *patterns: str) -> Iterator[Replay]:
        with open_source(bag) as source:
            player = Replay(self.bench.probe.node, source, source.choose(patterns),
                            self.bench.namespace, {})
            self.bench.until(
                lambda: all(player._publishers[track].get_subscription_count()
                            for track in player._publishers if track.topic in self.heard),
                'the topics are found')
            yield player

    def until(self, sent: Sent) -> None:
        for topic, messages in self.heard.items():
            wanted = [padded(data) for name, _, data in sent if name == topic]
            self.bench.until(partial(self._complete, topic, len(wanted)), f'all of {topic}')
            assert [padded(data) for data in messages] == wanted

    def _complete(self, topic: str, count: int) -> bool:
        return len(self.heard[topic]) >= count


@pytest.mark.parametrize('kind', [*KINDS, 'ROS 1'])
def test_every_kind_of_bag_is_published_as_it_is(kind: str, bench: Bench, tmp_path: Path) -> None:
    sent = chatter(300)
    bag = (write_ros1(tmp_path / 'a.bag', sent) if kind == 'ROS 1'
           else write(tmp_path / 'bag', sent, kind))
    audience = Audience(bench, ['/a', '/b'])
    with audience.player(bag) as player:
        assert not player.await_subscribers(1e9, audience.wait)
        played = player.run(MAX, audience.wait)
        audience.until(sent)
    assert played.messages.total() == 300
    assert [t.type for t in player.left_out] == ([VENDOR] if kind == 'ROS 1' else [])


def test_spacing_is_the_recorded_one(bench: Bench, tmp_path: Path) -> None:
    step_s = 1000  # nobody waits so long here: what counts is what was asked for
    asked: list[float] = []
    bag = write(tmp_path / 'bag', chatter(4, step=step_s * 10**9))
    with Audience(bench, []).player(bag) as player:
        player.run(Speed(2.0, start=step_s), lambda s: bool(asked.append(s)))
    for got, wanted in zip(asked, (0, 500, 1000), strict=True):
        assert wanted - 20 < got <= wanted


def test_a_part_in_a_loop(bench: Bench, tmp_path: Path) -> None:
    sent = chatter(40)
    audience = Audience(bench, ['/a', '/b'])
    with audience.player(write(tmp_path / 'bag', sent)) as player:
        left = iter(range(40))
        played = player.run(Speed(1000.0, 0.1, 0.1, loop=True),
                            lambda s: audience.wait(s) or next(left, None) is None)
        audience.until(sent[10:20] * 4)
    assert played.messages.total() == 40


def test_a_loop_over_nothing_ends(bench: Bench, tmp_path: Path) -> None:
    with Audience(bench, []).player(write(tmp_path / 'bag', chatter(4))) as player:
        played = player.run(Speed(duration=0.0, loop=True), lambda _: False)
    assert played.messages.total() == 0


def test_only_what_was_asked_for(bench: Bench, tmp_path: Path) -> None:
    sent = chatter(40)
    audience = Audience(bench, ['/b'])
    with audience.player(write(tmp_path / 'bag', sent), 'b') as player:
        assert list(player.names.values()) == [f'{bench.namespace}/b']
        player.run(MAX, audience.wait)
        audience.until(sent)


def test_latched_state_is_there_for_who_comes_late(bench: Bench, tmp_path: Path) -> None:
    """Also when the state lies before the part that is played."""
    sent = chatter(40)
    bag = write(tmp_path / 'bag', sent, offers=[qos(latched=True, depth=1)])
    with Audience(bench, []).player(bag) as player:
        player.run(Speed(float('inf'), start=0.3, duration=0.0), lambda _: False)
        late = Audience(bench, ['/a', '/b'], latched=True)
        late.until(sent[28:30])


def test_what_cannot_be_played_is_named_and_the_rest_goes_on(
        bench: Bench, tmp_path: Path) -> None:
    sent = chatter(20, ('/a', '/not-a-name'))
    audience = Audience(bench, ['/a'])
    with audience.player(write(tmp_path / 'bag', sent, unknown='/thing')) as player:
        player.run(MAX, audience.wait)
        audience.until(sent)
        because = {track.topic: text for track, text in player.left_out.items()}
    assert 'install the ROS package vendor_msgs' in because['/thing']
    assert '--remap' in because['/not-a-name']


def test_nothing_but_unknown_types_is_an_error(bench: Bench, tmp_path: Path) -> None:
    bag = write(tmp_path / 'bag', [], unknown='/thing')
    with pytest.raises(ConfigError, match=VENDOR) as error, Audience(bench, []).player(bag):
        pass
    assert '\n' not in str(error.value)


def test_a_remap_of_nothing_is_told(bench: Bench, tmp_path: Path) -> None:
    with open_source(write(tmp_path / 'bag', chatter(2))) as source, \
            pytest.raises(ConfigError, match='no topic /c'):
        Replay(bench.probe.node, source, source.tracks, '', {'/c': '/d'})


# --- the real log, from a process of its own ----------------------------------------------------

def is_run_of(part: list[Any], whole: list[Any]) -> bool:
    return any(whole[i:i + len(part)] == part
               for i in range(len(whole) - len(part) + 1) if whole[i] == part[0])


def replayed(bench: Bench, husky: Path, *args: str) -> Any:
    return play(str(husky), '--delay', '15', '--namespace', bench.namespace,
                '--remap', f'/{ODOM}:={bench.namespace}/odom', *args)


def test_a_real_log_is_recorded_byte_for_byte(bench: Bench, husky: Path) -> None:
    """Play a real Husky's log through recorder, monitor and exporter at once."""
    exporter = Rig(bench)
    monitor = bench.start('policy_monitor', PolicyMonitor)
    robot = Robot(bench, pre_roll=1.5, post_roll=0.5, ring_seconds=60.0)
    imu = bench.running[-1][0].metrics.cell('topic_messages_total', topic='imu/data',
                                            node='snippet_recorder')
    with replayed(bench, husky, '--rate', str(RATE), '--duration', '220') as process:
        bench.until(lambda: imu.value > 3000, 'half of it')
        request(bench)
        bench.until(robot.saved, 'snippet_saved')
        bench.until(lambda: process.poll() is not None, 'the end of the log')
        out, err = process.communicate()
        assert process.returncode == 0, err
    folder, label = robot.snippet()

    assert 'messages' in out
    assert broken(folder, label) == ''
    for name, ours in NAMES.items():
        sent = payloads(husky, name, 0.0, 220.0)
        with snippet_reader.open_bag(folder) as bag:
            got = list(bag.messages([f'{bench.namespace}/{ours}']))
        assert is_run_of([padded(one.data) for one in got], sent)
        assert label.topics[f'{bench.namespace}/{ours}'].lost == 0
        all_accounted_for(robot, ours, sent)

    for node, topic in (('snippet_recorder', 'imu/data'), ('snippet_recorder', 'odom'),
                        ('policy_monitor', 'odom')):
        shell = next(shell for shell, _ in bench.running if shell.name == node)
        heard = shell.metrics.cell('topic_messages_total', topic=topic, node=node).value
        exporter.until(heard, 'flywheel_topic_messages_total', topic=topic, node=node)
        assert heard > 0.9 * {'imu/data': 6600, 'odom': 2200}[topic], 'of all that was played'
    exporter.until(1.0, 'flywheel_recorder_snippets_total', trigger='snippet_requested')
    assert monitor.watch.verdict.alarms == ('no_policy',), 'no alarm about a robot without one'


def payloads(husky: Path, name: str, *part: float) -> list[bytes]:
    with open_source(husky) as source:
        return [padded(sample.data) for sample in source.messages(
            *part, tracks=source.choose([name]))]


def all_accounted_for(robot: Robot, name: str, sent: list[bytes]) -> None:
    """What the recorder received and what it knows to be lost is what was published."""
    recorder = robot.recorder

    def received() -> list[Record]:
        return [record for record in recorder._receiving.ring.since(0)
                if recorder._graph.channels[record.channel].name == name]
    robot.bench.until(lambda: received()[-1].sequence == len(sent), f'the last message of {name}')
    got = received()
    for record in got:
        assert padded(record.data) == sent[record.sequence - 1]
    lost = recorder._shell.metrics.cell('topic_messages_lost_total', topic=name,
                                        node='snippet_recorder').value
    before = got[0].sequence - 1  # sent before the recorder had found the publisher
    assert before + len(got) + lost == len(sent)


@pytest.mark.parametrize(('rate', 'start', 'duration'), [
    ('1', 100.0, 2.0), ('10', 50.0, 25.0), ('max', 0.0, 400.0)])
def test_nothing_is_missing_that_is_not_accounted_for(
        rate: str, start: float, duration: float, bench: Bench, husky: Path) -> None:
    monitor = bench.start('policy_monitor', PolicyMonitor)
    robot = Robot(bench, ring_seconds=60.0)
    with replayed(bench, husky, '--rate', rate, '--start', str(start), '--duration',
                  str(duration)) as process:
        bench.until(lambda: process.poll() is not None, 'the end of the log')
        assert process.returncode == 0, process.communicate()[1]
    for name, ours in NAMES.items():
        all_accounted_for(robot, ours, payloads(husky, name, start, duration))
    assert monitor.watch.verdict.alarms == ('no_policy',)


def test_a_live_robot_is_not_played_into(bench: Bench, husky: Path) -> None:
    bench.start('robot_adapter', RobotAdapter)
    odom = f'{bench.namespace}/odom'
    args = [str(husky), '--rate', '100', '--topics', f'/{ODOM}', '--remap', f'/{ODOM}:={odom}']
    with play(*args, '--loop') as refused:
        bench.until(lambda: refused.poll() is not None, 'the refusal')
        assert refused.returncode == 2
        assert f'{odom} belong to a robot that is live' in refused.communicate()[1]
    with play(*args, '--force') as forced:
        bench.until(lambda: forced.poll() is not None, 'the end')
        assert forced.returncode == 0


def test_a_robot_that_comes_to_life_ends_a_replay(bench: Bench, husky: Path) -> None:
    heard: list[Odometry] = []
    odom = f'{bench.namespace}/odom'
    bench.probe.node.create_subscription(
        Odometry, odom, heard.append, qos_profile_sensor_data)
    with play(str(husky), '--loop', '--topics', f'/{ODOM}', '--remap',
              f'/{ODOM}:={odom}') as played:
        bench.until(lambda: heard, 'the replay')
        bench.start('robot_adapter', RobotAdapter)
        bench.until(lambda: played.poll() is not None, 'its end')
        assert played.returncode == 2
