"""What stands where on the screen, how it scrolls, and what a narrow one leaves out."""

from flywheel_nodes.core.drawing import plain
from flywheel_nodes.core.status.between import Between
from flywheel_nodes.core.status.gather import gather
from flywheel_nodes.core.status.page import Page, screen, text
from flywheel_nodes.core.status.problem import bad
from flywheel_nodes.core.status.problems import problems
from test.core.status.scrapes import made


def page(more: str = '', blocks: bool = True) -> Page:
    seen = Between(made(1010.0, more), made(1000.0))
    told = gather(seen, 12.0, True)
    return Page(told, problems(seen, told), '11:18:39', blocks)


def test_the_head_and_what_is_well() -> None:
    lines = [plain(line) for line in text(page(), 80)]
    assert lines[:3] == [
        'flywheel 0.1.0   flywheel-sim  ready  battery 91%  11:18:39',
        'POLICY for 12 s+  policy steady 1  e-stop released  owner flywheel',
        'nothing is out of order']
    assert 'monitor   gap             █████·····   50%  ' in lines
    assert 'recorder  ring 30 s  snippets 2  free 69.8 GiB  reserve 512 MiB' in lines
    assert 'teleop    no session  connected 0' in lines
    assert lines[-1].split() == ['odom', '50']


def test_a_small_terminal_scrolls_and_keeps_the_head() -> None:
    many = page(''.join(f'topic_publishers{{topic="t{n:02}"}} 1\n' for n in range(40)))
    top, at = screen(many, 80, 24)
    assert at == 0 and len(top) == 24
    assert plain(top[-1]).startswith('lines 1 to 19 of 5')
    end, last = screen(many, 80, 24, 999)
    assert plain(end[-2]).startswith('t39') and last > 30
    assert plain(end[0]) == plain(top[0])
    assert screen(many, 80, 24, -5)[1] == 0


def test_a_large_terminal_shows_all() -> None:
    lines, _ = screen(page(), 80, 60)
    assert plain(lines[-1]) == 'all · ↑ ↓ scroll · q quit'


def test_many_problems_leave_room_for_the_rest() -> None:
    one = page()
    crowded = Page(one.facts, [bad(f'no {n}') for n in range(9)])
    lines = [plain(line) for line in screen(crowded, 80, 24)[0]]
    assert lines[2:7] == ['! no 0', '! no 1', '! no 2', '! and 6 more problems', '']
    assert [plain(line) for line in text(crowded, 80)][10] == '! no 8'


WORDY = ('diagnostic_level{component="' + 90 * 'x' + '"} 2\n'
         'topic_publishers{topic="' + 90 * 'y' + '"} 1\n')


def test_a_terminal_cuts_names_and_not_what_is_said_of_them() -> None:
    lines = [plain(line) for line in text(page(WORDY), 80)]
    assert lines[2].endswith('x… reports an error on /diagnostics') and len(lines[2]) == 80
    assert plain(screen(page(WORDY), 80, 24)[0][2]) == lines[2]
    assert '~ reports an error' in plain(text(page(WORDY, False), 80)[2])


def test_nothing_is_cut_where_there_is_no_terminal() -> None:
    scores = ''.join(f'policy_monitor_score{{detector="d{n}"}} 0\n' for n in range(9))
    lines = [plain(line).rstrip() for line in text(page(WORDY + scores), 80, whole=True)]
    assert f'! {90 * "x"} reports an error on /diagnostics' in lines
    assert any(line.startswith(90 * 'y') for line in lines)
    assert all(len(line) <= 80 for line in lines if 'd8' in line), 'what has no names is arranged'


def test_plain_ascii_where_nothing_else_is_taken() -> None:
    shown = '\n'.join(plain(line) for line in (
        *text(page('host_temperature_celsius{sensor="cpu"} 50', False), 40),
        *screen(page('', False), 40, 24)[0]))
    assert shown.isascii() and '#####.....' in shown
