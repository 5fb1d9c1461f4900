"""`flywheel triggers fire`: a snippet by hand, with a reason, from a running robot."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
import getpass

from flywheel_nodes.commands import live

HELP = 'ask the recorder of a running robot for a snippet, with a reason and a name'
LONGEST = 200


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command line."""
    parser.add_argument('--name', default='', type=_text, help='what it is about, in a word')
    parser.add_argument('--reason', default='', type=_text, help='why, in a sentence')
    parser.add_argument('--by', default='', type=_text, help='who asks, default your user name')
    parser.add_argument('--wait', action='store_true',
                        help='until it is saved, and print its path')
    parser.add_argument('--timeout', type=float, default=300.0, metavar='S',
                        help='wait at most that long (300)')
    live.add_robot(parser)


def _text(text: str) -> str:
    if len(text) > LONGEST or not text.isprintable():
        raise ArgumentTypeError(f'one line of at most {LONGEST} characters is needed')
    return text


def run(args: Namespace) -> int:
    """Ask; 1 when the recorder refuses or cannot write it, with its reason."""
    space = live.space(args)
    live.enter(args)
    # rclpy needs the domain first.
    import rclpy

    from flywheel_nodes.nodes import distro
    from flywheel_nodes.nodes.snippet_request import ask, Wish
    wish = Wish(args.by or getpass.getuser(), args.reason, args.name)
    with distro.ros():
        node = rclpy.create_node('triggers_fire', namespace=space)
        try:
            answer = ask(node, wish, args.timeout if args.wait else 0.0)
        finally:
            node.destroy_node()
    print(answer.path or answer.because or 'asked for; it is announced on flywheel/events')
    return 1 if answer.because else 0
