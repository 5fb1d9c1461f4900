"""One example of each message, for the reference and for whoever tests a client or relay."""

from flywheel_nodes.core.control import Sight
from flywheel_nodes.core.events import Outcome, Reason
from flywheel_nodes.core.teleop import answers, asks
from flywheel_nodes.core.teleop.fields import Note
from flywheel_nodes.core.teleop.video_messages import Ack, Want, Watching

_LEASE, _EPOCH = '0198f2c4', 1763764210123
_WALL = 1763764210000000000
_HELP = '0198f2d0'

ASKS: tuple[asks.Ask, ...] = (
    asks.Hello(protocol=1, token='eyJ...', client='flywheel/0.1.0'),
    asks.Ping(t0=81234567890),
    asks.Pong(t0=5500000000, t1=81234600000, t2=81234610000),
    asks.Stop(),
    asks.Resume(),
    asks.Claim(),
    asks.Take(sight=Sight.DIRECT),
    asks.Logout(),
    asks.Renew(lease=_LEASE, epoch=_EPOCH),
    asks.Idle(lease=_LEASE, epoch=_EPOCH, seq=41),
    asks.Drive(lease=_LEASE, epoch=_EPOCH, seq=42, t_client=81234567890, deadman=True,
               axes={'vx': 0.4, 'wz': -0.1}, phase='recovery', frame='1041'),
    asks.Release(lease=_LEASE, epoch=_EPOCH, reason=Reason.STUCK, outcome=Outcome.SUCCESS,
                 note=Note('caught on the kerb')),
    asks.HelpAccept(id=_HELP),
    asks.HelpPicture(id=_HELP),
    asks.HelpDismiss(id=_HELP))

ANSWERS: tuple[answers.Answer, ...] = (
    answers.Welcome(
        protocol=1, robot='sim', operator='ada', scope='drive', boot=1763764200000,
        axes=('vx', 'wz', 'elbow'), joints=('elbow',), resume='kW9...', time_ns=_WALL,
        limits=answers.Limits(max_bytes=4096, message_rate=100.0, lease_ttl=3.0,
                              state_rate=10.0, resume_lifetime=3600.0)),
    answers.State(
        mode='human', gate='none', reason='ada drives', operator='ada',
        intervention='0198f2c5', phase='correction', epoch=_EPOCH, monitor='alarm',
        alarms=('progress',), vx=0.31, vy=0.0, wz=-0.08, cap=0.8, frame_age=0.25, holder='ada',
        holder_epoch=_EPOCH, time_ns=_WALL),
    answers.Ping(t0=5500000000),
    answers.Pong(t0=81234567890, t1=5500000000, t2=5500000000),
    answers.Grant(lease=_LEASE, epoch=_EPOCH, ttl=3.0),
    answers.Deny(holder='bob'),
    answers.Renewed(lease=_LEASE, epoch=_EPOCH, ttl=3.0),
    answers.Ended(epoch=_EPOCH, because='stopped'),
    answers.Accepted(of='stop'),
    answers.Event(name='resume_refused', level='warn',
                  sentence='resume refused: the monitor alarms: progress'),
    answers.Help(requests=(answers.HelpRequest(
        id=_HELP, reason='monitor', sentence='the monitor alarms: progress', time_ns=_WALL,
        frame='1041', operator='', picture=True),)),
    answers.HelpPicture(id=_HELP, picture='/9j/4AAQ...'),
    answers.Latency(cameras=(answers.CameraLatency(
        camera='front', frame='1041', age_ms=182.0, network_ms=118.0, relay_ms=9.0,
        encode_ms=4.0, display_ms=51.0, error_ms=3.0, width=640, quality=70, rate=15.0),)),
    answers.Reject(reason='sequence', of='drive', seq=42))

VIEWER_ASKS: tuple[asks.Ask, ...] = (
    Want(width=640, rate=15.0),
    Ack(frame=1041, t_received=81234567890, t_displayed=81242567890))

VIEWER_ANSWERS: tuple[answers.Answer, ...] = (Watching(camera='front', rate=15.0),)
