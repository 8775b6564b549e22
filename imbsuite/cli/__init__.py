"""The command line: a thin layer that reads files, calls the library and writes results."""

try:
    from imbsuite.cli.program import app, main
except ModuleNotFoundError as error:
    _missing = str(error.name).partition(".")[0]
    if _missing not in {"typer", "rich"}:
        raise
    # The console script imports this module before it can call main(), so only here can a
    # sentence replace the traceback.
    _sentence = f"imbsuite: this needs {_missing}; run pip install 'imbsuite[cli]'."
    raise SystemExit(_sentence) from None

__all__ = ["app", "main"]
