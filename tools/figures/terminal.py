"""Text of files on its way to a terminal."""
import os
import sys
import unicodedata


class Unwritable(Exception):
    """Standard output that is closed, or on a full disk."""


def say(*lines, end="\n"):
    """Lines to standard output, at once. A reader that has gone has all it wanted; raises Unwritable for all else."""
    if sys.stdout is None:
        raise Unwritable("standard output is closed")
    try:
        print(*lines, sep="\n", end=end, flush=True)
    except OSError as problem:
        # What is still held back is not to fail once more when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if isinstance(problem, BrokenPipeError):
            raise SystemExit(0) from None
        raise Unwritable(f"standard output: cannot be written: {problem.strerror}") from None


def complain(tool, problem):
    """A line to standard error, if that is open."""
    if sys.stderr is not None:
        print(f"tools/{tool}: {printable(problem)}", file=sys.stderr)


def printable(text):
    """Without what steers a terminal or turns the direction of writing: "\\x1b", "\\u202e"."""
    return "".join(escaped(c) for c in str(text))


def one_line(text):
    return printable(text).replace("\n", "\\x0a").replace("\t", "\\x09")


def escaped(c):
    if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs"):
        return c
    return f"\\x{ord(c):02x}" if ord(c) < 0x100 else f"\\u{ord(c):04x}"


def cut(text, columns):
    """The text in so many columns, with an ellipsis where it was cut; wide characters take two."""
    widths = [0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text]
    if sum(widths) <= columns:
        return text
    kept, used = "", 1
    for c, width in zip(text, widths):
        if used + width > columns:
            break
        kept, used = kept + c, used + width
    return kept + "…" if columns > 0 else ""
