"""One file a robot: tables and pure functions from native messages to neutral ones and back."""
