"""
A camera of 1280x720 at 15 Hz: publishes until killed.

`python -m bench.camera jpeg`: compressed by the camera; `raw`: as pixels.
"""

import sys
import time
from typing import Any

import cv2
import numpy as np
import rclpy
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import CompressedImage, Image

from bench.harness import NAMESPACE

HZ, WIDTH, HEIGHT, PICTURES = 15.0, 1280, 720, 8


def pictures() -> list[Any]:
    """Return pictures with as much detail as a camera's have."""
    rng = np.random.default_rng(1)
    coarse = rng.integers(0, 255, (HEIGHT // 8, WIDTH // 8, 3), np.uint8)
    smooth = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return [np.clip(np.roll(smooth, 16 * n, 1) + rng.normal(0, 2, smooth.shape), 0, 255).astype(
        np.uint8) for n in range(PICTURES)]


def main(kind: str) -> None:
    """Publish."""
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node('camera', namespace=NAMESPACE)
    said: list[Any]
    if kind == 'jpeg':
        said = [CompressedImage(format='jpeg', data=cv2.imencode(
            '.jpg', one, (cv2.IMWRITE_JPEG_QUALITY, 80))[1].tobytes()) for one in pictures()]
        out = node.create_publisher(CompressedImage, 'camera/front/image_raw/compressed', 5)
        print(f'{len(said[0].data)} bytes', file=sys.stderr)
    else:
        said = [Image(height=HEIGHT, width=WIDTH, encoding='bgr8', step=3 * WIDTH,
                      data=one.tobytes()) for one in pictures()]
        out = node.create_publisher(Image, 'camera/front/image_raw', 5)
    number, began = 0, time.monotonic()
    while True:
        message = said[number % len(said)]
        now = time.time_ns()
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(now, 1_000_000_000)
        out.publish(message)
        number += 1
        time.sleep(max(0.0, began + number / HZ - time.monotonic()))


if __name__ == '__main__':
    main(sys.argv[1])
