"""The embedded robot and its policies: real rclpy, faults on demand."""
