"""The program: its commands, exit codes, and errors as sentences."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import metadata
from typing import Annotated

import typer

from imbsuite._garbage import few_collections
from imbsuite.cli import comparing, describing, fitting, predicting, resampling
from imbsuite.cli.endings import Terminated, unwinding
from imbsuite.cli.lines import tell
from imbsuite.cli.naming import SamplerCommand, StrategyCommand, TargetsCommand
from imbsuite.cli.streams import OutputError, guarded_streams

_INTERRUPTED = 130

app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)
app.command(epilog=comparing.COMPARE_EXAMPLES, cls=TargetsCommand)(comparing.compare)
app.command(epilog=comparing.DEMO_EXAMPLES)(comparing.demo)
app.command(epilog=describing.INFO_EXAMPLES)(describing.info)
app.command(epilog=resampling.RESAMPLE_EXAMPLES, cls=SamplerCommand)(
    resampling.resample
)

app.command(epilog=fitting.FIT_EXAMPLES, cls=StrategyCommand)(fitting.fit)
app.command(epilog=predicting.PREDICT_EXAMPLES)(predicting.predict)


def _show_version(requested: bool) -> None:  # noqa: FBT001 - typer calls it so
    if requested:
        typer.echo(f"imbsuite {metadata.version('imbsuite')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def imbsuite(
    ctx: typer.Context,
    *,
    version: Annotated[  # noqa: ARG001 - its callback shows it
        bool,
        typer.Option(
            "--version",
            help="Show the version and exit.",
            callback=_show_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    """Compare, fit, resample and describe tables with rare classes."""
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; errors are printed in a line or two.

    Parameters
    ----------
    arguments : sequence of str, default=None
        None: the arguments of the process.
    """
    # A second signal is ignored until the sentence has been written.
    with few_collections(), guarded_streams(), unwinding():
        try:
            return _run(arguments)
        except Terminated as end:
            tell(str(end))
            return end.exit_code


def _run(arguments: Sequence[str] | None) -> int:
    try:
        code = app(args=arguments, prog_name="imbsuite", standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        code = _INTERRUPTED
    except OutputError as error:
        if not error.quiet:
            tell(str(error))
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - a user gets a sentence, no traceback
        tell(_as_sentence(error))
        return getattr(error, "exit_code", 1)
    if code == _INTERRUPTED:
        tell("interrupted; nothing was written.")
    return code or 0


def _as_sentence(error: Exception) -> str:
    # A wrong option, for which typer and click format a message.
    if hasattr(error, "format_message"):
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "imbsuite"
        message = error.format_message()
        end = "" if message.endswith(("?", ".")) else "."
        return f"{message}{end} Try '{path} --help'."
    if isinstance(error, OSError) and error.strerror:
        # The message of the operating system, without its number.
        path = "" if error.filename is None else f"{error.filename}: "
        return f"{path}{error.strerror}."
    text = " ".join(str(error).split())
    known = (ValueError, TypeError, OSError, ImportError, MemoryError)
    expected = isinstance(error, known)
    return text if expected and text else f"{type(error).__name__}: {text}"
