"""The command line as a person types it."""

from pathlib import Path

from flywheel_nodes.cli import main


def flywheel(data_dir: Path, *args: str) -> int:
    """Run `flywheel snippets` on a data directory; return its exit code."""
    return main(['snippets', *args, '--data-dir', str(data_dir)])
