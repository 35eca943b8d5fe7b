"""Options that tools/plot and tools/report share."""
import pathlib

from .parts import Choice


def with_choice(parser):
    parser.add_argument("--sample", type=int, help="recorded sample to draw (default: the first)")
    parser.add_argument("--neurons", help="recorded units whose membranes are drawn, as 0,3,7 "
                                          "(default: the three that vary most)")
    parser.add_argument("--data", type=pathlib.Path, help="folder of the images (default: as the model says)")
    return parser


def choice_of(parser, arguments):
    try:
        neurons = [int(n) for n in arguments.neurons.split(",")] if arguments.neurons else None
    except ValueError:
        parser.error(f"--neurons {arguments.neurons}: numbers with commas between them will do, as 0,3,7")
    if arguments.data is not None and not arguments.data.is_dir():
        parser.error(f"--data {arguments.data}: there is no such folder")
    return Choice(arguments.sample, neurons, arguments.data)
