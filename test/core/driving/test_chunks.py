"""Chunks are sampled where they are, and refused when they break the contract."""

from types import SimpleNamespace as Box

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.driving.axes import Axis
from flywheel_nodes.core.driving.chunks import (
    base_chunk,
    check,
    Chunk,
    ContractError,
    joint_chunk,
    Proposal,
)

JOINTS = (Axis('a', False, -1.0, 1.0, 1.0, 1.0, 1.0), Axis('b', False, -1.0, 1.0, 1.0, 1.0, 1.0))
BASE = (Axis('vx', True, -1.0, 1.0, 1.0, 1.0, 1.0), Axis('wz', True, -1.0, 1.0, 1.0, 1.0, 1.0))
RAMP = Chunk(1_000, (0, 100, 200), ((0.0, 0.0), (1.0, 2.0), (2.0, 4.0)))


def stamp(ns: int) -> Box:
    return Box(sec=ns // 10**9, nanosec=ns % 10**9)


def joints(names: list[str], points: list[list[float]], step: int = 100) -> Box:
    return Box(header=Box(stamp=stamp(5)), joint_names=names, points=[
        Box(positions=p, time_from_start=stamp(i * step)) for i, p in enumerate(points)])


@given(st.integers(-50, 300))
def test_samples_lie_on_the_ramp_and_end_with_it(into: int) -> None:
    sample = RAMP.sample(into)
    if into > 200:
        assert sample is None
    else:
        assert sample == pytest.approx((max(into, 0) / 100, max(into, 0) / 50))


def test_time_into_a_chunk_counts_from_the_observation() -> None:
    proposal = Proposal(RAMP, arrived_ns=10_050, age_ns=50)
    assert proposal.observed_ns == 10_000
    assert proposal.sample(10_100) == (1.0, 2.0)
    assert proposal.sample(10_201) is None


def test_joints_may_come_in_any_order() -> None:
    chunk = joint_chunk(joints(['b', 'a'], [[2.0, 1.0]]), JOINTS)
    assert chunk.values == ((1.0, 2.0),)
    assert chunk.stamp_ns == 5


@pytest.mark.parametrize(('names', 'points', 'step', 'says'), [
    (['a'], [[1.0]], 100, 'joint names'),
    (['a', 'c'], [[1.0, 2.0]], 100, 'joint names'),
    (['a', 'b'], [[1.0]], 100, 'one position'),
    (['a', 'b'], [], 100, 'no points'),
    (['a', 'b'], [[1.0, 2.0], [1.0, 2.0]], 0, 'does not increase')])
def test_a_broken_joint_chunk_is_refused(names: list[str], points: list[list[float]], step: int,
                                         says: str) -> None:
    with pytest.raises(ContractError, match=says):
        joint_chunk(joints(names, points, step), JOINTS)


def test_a_base_chunk_needs_one_body() -> None:
    with pytest.raises(ContractError, match='joint_names'):
        base_chunk(Box(joint_names=['odom'], points=[]), BASE)
    with pytest.raises(ContractError, match='velocity'):
        base_chunk(Box(joint_names=['base'], points=[Box(velocities=[])]), BASE)


@pytest.mark.parametrize('value', [float('nan'), float('inf'), 1.2, -9.0])
def test_numbers_beyond_the_contract_are_refused(value: float) -> None:
    with pytest.raises(ContractError, match='b is'):
        check(Chunk(0, (0,), ((0.0, value),)), JOINTS, 1.05)
    check(Chunk(0, (0,), ((0.0, 1.04),)), JOINTS, 1.05)


def test_more_points_than_a_loop_has_time_for_are_refused() -> None:
    with pytest.raises(ContractError, match='1001 points'):
        joint_chunk(joints(['a', 'b'], [[0.0, 0.0]] * 1001), JOINTS)
    assert len(joint_chunk(joints(['a', 'b'], [[0.0, 0.0]] * 1000), JOINTS).values) == 1000
