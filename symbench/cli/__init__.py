"""The command line: one file per verb, thin over the public functions."""

from __future__ import annotations

import sys

from symbench.errors import SuiteError, SymbenchError


def main() -> None:
    """Entry point of `symbench`: errors raised on purpose become a message and their exit code."""
    from symbench.cli.app import app

    try:
        app(standalone_mode=True)
    except SuiteError as error:
        print(f"{error.file} cannot be run as it stands:", file=sys.stderr)
        for problem in error.problems:
            print(f"  {problem}", file=sys.stderr)
        sys.exit(error.exit_code)
    except SymbenchError as error:
        print(f"symbench: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("symbench: interrupted; the journal keeps what is done, the same command goes on", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
