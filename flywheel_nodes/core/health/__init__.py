"""What the health exporter makes of diagnostics, logs and the graph; no ROS, no IO."""
