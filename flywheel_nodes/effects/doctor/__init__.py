"""What `flywheel doctor` sees of this machine; it changes nothing."""
