"""The command line: one file for each verb, a thin layer over the public functions."""

from __future__ import annotations

import sys
import traceback
from typing import NoReturn

from symbench.calls import leave_if_stuck
from symbench.errors import PluginError, SuiteError, SymbenchError
from symbench.redaction import redact_text
from symbench.words import for_terminal

UNEXPECTED = 3


def main() -> None:
    """Entry point of `symbench`: `command`, and the end of this process even if a call in it is stuck."""
    try:
        command()
    except SystemExit as end:
        leave_if_stuck(end.code if isinstance(end.code, int) else int(end.code is not None))
        raise


def command() -> None:
    """Do what `sys.argv` says; ends by SystemExit, which a process with more to do can catch.

    Errors raised on purpose become a message and their exit code, others a traceback.
    """
    from symbench.cli.app import app

    try:
        app(standalone_mode=True)
    except SuiteError as error:
        print(f"{for_terminal(str(error.file))} cannot be run as it stands:", file=sys.stderr)
        for problem in error.problems:
            print(f"  {for_terminal(redact_text(str(problem)))}", file=sys.stderr)
        sys.exit(error.exit_code)
    except PluginError as error:
        print(f"symbench: {for_terminal(redact_text(str(error)))}", file=sys.stderr)
        if error.details:
            print(for_terminal(error.details), file=sys.stderr)
        sys.exit(error.exit_code)
    except SymbenchError as error:
        print(f"symbench: {for_terminal(redact_text(str(error)))}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("symbench: interrupted; finished trials are in the journal, the same command continues", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except OSError as error:
        if error.errno is None or error.filename is None:
            _unexpected()
        text = (
            f"symbench: {error.filename}: {error.strerror}; what finished is in the journal, and the same command "
            "does the rest once this is mended"
        )
        print(for_terminal(redact_text(text)), file=sys.stderr)
        sys.exit(UNEXPECTED)
    except Exception:
        _unexpected()


def _unexpected() -> NoReturn:
    """Print the traceback of the exception that is handled."""
    # Python would exit with code 1, which means failed trials, and its traceback would show passwords in addresses.
    print(for_terminal(redact_text(traceback.format_exc())), file=sys.stderr, end="")
    sys.exit(UNEXPECTED)
