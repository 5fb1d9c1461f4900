"""Raw cameras and their compressed siblings as they are selected, latched and shut down."""

import threading

from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String

from flywheel_nodes.effects.recording.snippet_folder import broken
from test.harness import Bench
from test.nodes.test_recorder_receiving import Chatter, picture
from test.nodes.test_snippet_recorder import read, request, Robot

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
RAW = 'camera/front/image_raw'


def test_a_latched_picture_is_state(bench: Bench) -> None:
    shown = bench.probe.node.create_publisher(Image, 'map_image', LATCHED)
    shown.publish(picture())
    robot = Robot(bench, ring_seconds=1.0)
    latched = robot.recorder._receiving.latched
    robot.until(lambda: any(
        robot.recorder._graph.channels[one.record.channel].name == 'map_image/compressed'
        for one in latched.as_of(2**62)), 'the picture')
    robot.wait(1.5)  # longer than the ring
    request(bench)
    folder, label = robot.snippet()
    (one,) = read(folder, f'{bench.namespace}/map_image/compressed')
    assert bytes(one.decoded.data[:2]) == b'\xff\xd8'
    assert f'{bench.namespace}/map_image/compressed' in {one.topic for one in label.latched}
    assert broken(folder, label) == ''


def test_a_camera_is_recorded_though_its_compressed_topic_is_not_selected(bench: Bench) -> None:
    robot = Robot(bench, include=f"['{RAW}']")
    chatter = Chatter(bench, robot)
    chatter.speak(RAW, picture())
    chatter.speak(f'{RAW}/compressed', CompressedImage(format='jpeg', data=b'theirs'))
    chatter.until(lambda: chatter.heard(f'{RAW}/compressed') > 3, 'frames')
    assert not any(b'theirs' in one.data for one in robot.recorder._receiving.ring.since(0))


def test_a_sibling_of_another_type_is_not_taken_for_the_camera(bench: Bench) -> None:
    robot = Robot(bench)
    chatter = Chatter(bench, robot)
    chatter.speak(f'{RAW}/compressed', String(data='no picture'))
    chatter.until(lambda: chatter.heard(f'{RAW}/compressed') > 3, 'texts')
    chatter.speak(RAW, picture())
    chatter.until(lambda: chatter.heard(RAW) > 3, 'raw frames')


def test_an_excluded_compressed_topic_is_not_made(bench: Bench) -> None:
    robot = Robot(bench, exclude="['flywheel/metrics', '*/compressed']")
    chatter = Chatter(bench, robot)
    chatter.speak(RAW, picture())
    chatter.until(lambda: chatter.heard(RAW) > 3, 'raw frames')
    assert not chatter.heard(f'{RAW}/compressed')


def test_frames_in_work_at_the_end_are_kept_or_counted(bench: Bench) -> None:
    robot = Robot(bench, frame_workers=1)
    chatter = Chatter(bench, robot)
    chatter.speak(RAW, picture())
    chatter.until(lambda: chatter.heard(f'{RAW}/compressed') > 3, 'frames')
    receiving, gate = robot.recorder._receiving, threading.Event()
    compressor = receiving.cameras._compressor
    assert compressor is not None
    compressor._pool.submit(gate.wait)
    chatter.until(lambda: len(compressor._waiting) > 3, 'frames in work')
    dropped = robot.recorder._shell.metrics.cell(
        'recorder_frames_dropped_total', topic=RAW)
    waiting, before = len(compressor._waiting), dropped.value
    gate.set()
    made = {n for n, one in robot.recorder._graph.channels.items()
            if one.name == f'{RAW}/compressed'}
    there = sum(one.channel in made for one in receiving.intake.fresh)
    kept = sum(one.channel in made for one in receiving.flush()) - there
    assert kept + dropped.value - before == waiting
