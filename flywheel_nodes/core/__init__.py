"""Vocabulary and decisions: no ROS, no IO, no clock; time comes in as monotonic nanoseconds."""
