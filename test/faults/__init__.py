"""Nodes that die, hang or starve while the robot works."""
