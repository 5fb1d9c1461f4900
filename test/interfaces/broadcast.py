"""
A driver: publishes one static transform and lives until its standard input ends.

`python -m test.interfaces.broadcast CHILD NUMBER`, in an environment of tf2_msgs.
"""

import sys

from geometry_msgs.msg import Quaternion, Transform, TransformStamped, Vector3
import rclpy
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import Header

from flywheel_nodes.nodes import distro


def transform(child: str, number: int) -> TransformStamped:
    """Return a transform in which no two fields are alike."""
    stamped = TransformStamped(
        header=Header(frame_id='base_link'), child_frame_id=child,
        transform=Transform(translation=Vector3(x=number + 0.1, y=number + 0.2, z=number + 0.3),
                            rotation=Quaternion(x=0.1, y=0.2, z=0.3, w=number + 0.4)))
    stamped.header.stamp.sec, stamped.header.stamp.nanosec = number, number + 1
    return stamped


def main(child: str, number: int) -> None:
    """Publish, and wait."""
    from tf2_msgs.msg import TFMessage  # not there for those who import this module
    with distro.ros():
        node = rclpy.create_node(f'driver_{child}')
        publisher = node.create_publisher(TFMessage, '/tf_static', QoSProfile(
            depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL))
        publisher.publish(TFMessage(transforms=[transform(child, number)]))
        sys.stdin.read()
        node.destroy_node()


if __name__ == '__main__':
    main(sys.argv[1], int(sys.argv[2]))
