"""Writes tables of ticks for other programs: CSV, and Parquet where pyarrow is installed."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.recording.tick_table import TickTable

if TYPE_CHECKING:
    import pyarrow


def write_csv(table: TickTable, path: Path) -> None:
    """Write a CSV file with a head; raises ConfigError when the disk refuses."""
    try:
        with path.open('w', newline='', encoding='utf-8') as file:
            writer = csv.writer(file)
            writer.writerow(table.columns)
            writer.writerows(table.cells())
    except OSError as error:
        raise ConfigError(f'{path}: {error.strerror}') from None


def write_parquet(table: TickTable, path: Path) -> None:
    """
    Write a Parquet file: stamps as int64, words as strings, axes as float64, NaN for absent.

    :raises ConfigError: when the disk refuses or pyarrow is missing
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise ConfigError('--parquet needs pyarrow, which is not installed: run '
                          '`pip install pyarrow`, or use --csv') from None
    try:
        with path.open('wb') as file:
            parquet.write_table(_arrow(pyarrow, table), file)
    except OSError as error:
        raise ConfigError(f'{path}: {error.strerror}') from None


def _arrow(module: 'pyarrow', table: TickTable) -> 'pyarrow.Table':
    rows = list(table.cells())
    kinds = {int: module.int64(), float: module.float64(), str: module.string()}
    arrays = [module.array([row[i] for row in rows], kinds[kind])
              for i, kind in enumerate(table.kinds)]
    return module.table(dict(zip(table.columns, arrays, strict=True)))
