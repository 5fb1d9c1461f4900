"""Who drives the robot, and how it moves: authority, limits, chunks."""
