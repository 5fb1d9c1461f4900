"""What `flywheel doctor` makes of what it saw."""
