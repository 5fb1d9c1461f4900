"""The audit log holds what happened, whole lines only, and bounded, whatever the disk does."""

import json
from pathlib import Path
import stat
from typing import Any

import pytest

from flywheel_nodes.core.teleop.deeds import Audited
from flywheel_nodes.effects.teleop import audit
from flywheel_nodes.effects.teleop.audit import Audit, CROWDED, FAILED, FULL


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_who_when_what_from_where(tmp_path: Path) -> None:
    one = Audit(tmp_path / 'audit', 100_000, 3)
    one.write(Audited.LOGIN, 'ada', '10.0.0.7', {'scope': 'drive'})
    one.write(Audited.STOP, 'eve\n{"what": "login"}', '', {'note': 'x' * 1000})
    one.close()
    file = tmp_path / 'audit' / 'audit.jsonl'
    login, stop = lines(file)
    assert login.pop('time').endswith('Z')
    assert login == {'what': 'login', 'who': 'ada', 'from': '10.0.0.7', 'scope': 'drive'}
    assert stop['who'] == 'eve\n{"what": "login"}'
    assert len(stop['note']) == 200
    assert one.written == 2
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_it_goes_on_where_it_ended_and_never_grows_past_its_files(tmp_path: Path) -> None:
    for start in range(3):
        one = Audit(tmp_path, 1000, 3)
        for n in range(20):
            one.write(Audited.LOGIN, f'{start} {n}', '127.0.0.1', {})
        one.close()
    names = ['audit.jsonl', 'audit.1.jsonl', 'audit.2.jsonl']
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    assert all((tmp_path / name).stat().st_size <= 1000 for name in names)
    whole = [line['who'] for name in reversed(names) for line in lines(tmp_path / name)]
    written = [f'{start} {n}' for start in range(3) for n in range(20)]
    assert whole == written[-len(whole):]


def test_a_flood_of_refusals_washes_nothing_out(tmp_path: Path) -> None:
    one = Audit(tmp_path, 20_000, 2)
    one.write(Audited.STOP, 'ada', '127.0.0.1', {})
    for _ in range(5000):
        one.write(Audited.LOGIN_REFUSED, '', '10.0.0.9', {'because': 'hello'})
    one.close()
    assert lines(tmp_path / 'audit.jsonl')[0]['what'] == 'stop'
    assert one.lost[CROWDED] >= 4000
    assert one.lost[FULL] == 0


def test_a_disk_that_refuses_is_told_and_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / 'audit').write_text('a file where the folder should be')
    one = Audit(tmp_path / 'audit', 10_000, 2)
    one.write(Audited.STOP, 'ada', '127.0.0.1', {})
    one.close()
    assert one.lost[FAILED] == 1
    assert str(tmp_path) in one.error
    assert one.written == 0


def test_a_link_put_there_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / 'elsewhere'
    (tmp_path / 'audit').mkdir()
    (tmp_path / 'audit' / 'audit.jsonl').symlink_to(elsewhere)
    one = Audit(tmp_path / 'audit', 10_000, 2)
    one.write(Audited.STOP, 'ada', '127.0.0.1', {})
    one.close()
    assert not elsewhere.exists()
    assert one.lost[FAILED] == 1


def test_a_disk_that_hangs_costs_lines_but_no_time(tmp_path: Path,
                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    one = Audit(tmp_path, 1_000_000, 2)
    taken, kept = one._lines, type(one._lines)(2)
    monkeypatch.setattr(one, '_lines', kept)  # nobody takes from this one
    for _ in range(5):
        one.write(Audited.STOP, 'ada', '', {})
    assert one.lost[FULL] == 3
    assert kept.qsize() == 2
    taken.put(None)


def test_what_changes_who_holds_the_robot_is_synced() -> None:
    assert {Audited.LEASE_GRANTED, Audited.LEASE_TAKEN, Audited.LEASE_ENDED,
            Audited.STOP} <= audit.SYNCED
