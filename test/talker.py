"""
A publisher in a process of its own that goes on whatever others do.

`python -m test.talker TOPIC` publishes numbers until its standard input ends, and prints the last.
"""

import select
import sys

import rclpy
from std_msgs.msg import String

from flywheel_nodes.nodes import distro


def main(topic: str) -> None:
    """Publish a thousand times a second."""
    with distro.ros():
        node = rclpy.create_node('talker')
        publisher = node.create_publisher(String, topic, 1000)
        number = 0
        while not select.select([sys.stdin], [], [], 0.001)[0]:
            number += 1
            publisher.publish(String(data=f'busy {number}'))
        publisher.wait_for_all_acked()
        print(number)
        node.destroy_node()


if __name__ == '__main__':
    main(sys.argv[1])
