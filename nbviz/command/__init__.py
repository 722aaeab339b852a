"""``python -m nbviz``: what a log directory holds, and out of it again."""

from __future__ import annotations

import argparse
import os
import re
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nbviz.notice import NbvizWarning
from nbviz.sources.table import printable

SOUND, PROBLEMS, USAGE = 0, 1, 2
INTERRUPTED, PIPE_CLOSED = 130, 141  # as a shell reports SIGINT and SIGPIPE

SUFFIXES = (".html", ".csv", ".parquet")

ABOUT = "What a log directory of TensorBoard's event files holds, and out of it again."

EPILOG = """\
LOGDIR is a directory of event files, a tree of such directories, one event file, or, with nbviz[remote], a URL.
"""

INFO = """\
Print a table with one row for each run and tag, then every problem found: corrupt records and where they are, bytes
at the end of a file that are no whole record (normal while it is written), restarts that superseded rows, and values
that are NaN or infinite.
"""
INFO_EXIT = """\
exit status:
  0  no problem was found
  1  at least one problem is printed
  2  there is nothing to read, or the command was not understood
"""

EXPORT = """\
Write the runs to OUT: as an HTML page that needs no network (.html), or the scalars, one row a point, as text with
every digit (.csv) or as Parquet (.parquet, with nbviz[arrow]). An existing file is replaced once all is written.
"""
EXPORT_EXIT = """\
exit status:
  0  OUT is written, with everything that was selected
  1  OUT is written, but something in the log could not be read; "info" says what
  2  nothing was written
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(arguments)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NbvizWarning)  # all problems are printed, or counted
            return int(options.function(options))
    except (OSError, ValueError, ImportError) as error:
        if isinstance(error, BrokenPipeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the interpreter flushes at its end
            return PIPE_CLOSED
        print(f"nbviz: {printable(str(error))}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    layout: Any = {"formatter_class": argparse.RawDescriptionHelpFormatter}
    parser = argparse.ArgumentParser("python -m nbviz", description=ABOUT, epilog=EPILOG, **layout)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    info = commands.add_parser(
        "info", help="print what LOGDIR holds, and every problem found", description=INFO, epilog=INFO_EXIT, **layout
    )
    info.set_defaults(function=_info)

    export = commands.add_parser(
        "export", help="write LOGDIR as .html, .csv or .parquet", description=EXPORT, epilog=EXPORT_EXIT, **layout
    )
    export.set_defaults(function=_export)

    for command in (info, export):
        command.add_argument("logdir", metavar="LOGDIR", help="a log directory, an event file, or a URL")
    export.add_argument("out", metavar="OUT", type=_out, help=f"the file to write, which ends in {_listed(SUFFIXES)}")
    for command in (info, export):
        for name, of in (("--tags", "tags"), ("--runs", "runs")):
            command.add_argument(name, metavar="REGEX", type=_regex, help=f"only {of} in which REGEX is found")
    return parser


def _regex(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}") from None


def _out(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower() not in SUFFIXES:
        raise argparse.ArgumentTypeError(f"{text!r} should end in {_listed(SUFFIXES)}, which says what to write")
    return path


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _info(options: argparse.Namespace) -> int:
    from nbviz.command.info import info

    return info(options.logdir, options.runs, options.tags)


def _export(options: argparse.Namespace) -> int:
    from nbviz.command.export import export

    return export(options.logdir, options.out, options.runs, options.tags)
