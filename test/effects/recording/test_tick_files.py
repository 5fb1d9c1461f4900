import csv
import math
from pathlib import Path
import sys

from pyarrow import parquet
import pytest

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.recording.tick_table import Row, TickTable
from flywheel_nodes.effects.recording.tick_files import write_csv, write_parquet

TABLE = TickTable(('vx',), (
    Row(1_795_300_000_123_456_789, 'policy', 'none', 'none', 'ada, "the first"', 'i', 7, (0.5,),
        (math.nan,), (0.25,)),))


def test_parquet_is_read_back_exactly(tmp_path: Path) -> None:
    write_parquet(TABLE, tmp_path / 'a.parquet')
    read = parquet.read_table(tmp_path / 'a.parquet')
    assert tuple(read.column_names) == TABLE.columns
    (row,) = read.to_pylist()
    assert row['stamp_ns'] == 1_795_300_000_123_456_789
    assert row['executed/vx'] == 0.25 and math.isnan(row['requested/vx'])
    assert str(read.schema.field('operator').type) == 'string'


def test_a_table_without_rows_keeps_its_types(tmp_path: Path) -> None:
    write_parquet(TickTable(('vx',), ()), tmp_path / 'a.parquet')
    read = parquet.read_table(tmp_path / 'a.parquet')
    assert [str(one.type) for one in read.schema][:2] == ['int64', 'string']
    assert read.num_rows == 0


def test_csv_is_read_back(tmp_path: Path) -> None:
    write_csv(TABLE, tmp_path / 'a.csv')
    (row,) = csv.DictReader((tmp_path / 'a.csv').read_text().splitlines())
    assert row['operator'] == 'ada, "the first"' and row['executed/vx'] == '0.25'


def test_without_pyarrow_there_is_one_line(tmp_path: Path,
                                           monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'pyarrow', None)
    with pytest.raises(ConfigError, match='needs pyarrow') as error:
        write_parquet(TABLE, tmp_path / 'a.parquet')
    assert '\n' not in str(error.value)
    assert not (tmp_path / 'a.parquet').exists()


def test_a_disk_that_refuses_is_told(tmp_path: Path) -> None:
    for write in (write_csv, write_parquet):
        with pytest.raises(ConfigError, match='No such file'):
            write(TABLE, tmp_path / 'none' / 'a')
