"""`denghuo <command>`: finds the commands, imports only the one that was asked for."""

import argparse
import ast
import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType

from denghuo import __version__
from denghuo.main.commands._output import UserError

COMMANDS_DIR = Path(__file__).parent / "commands"


@dataclass(frozen=True)
class Command:
    """What the overview needs to know of a command, read from its source without importing it."""

    name: str
    help: str
    module: str
    needs_django: bool


def find_commands() -> dict[str, Command]:
    """Read every command module's literals, by command name."""
    found = [_read_command(path) for path in COMMANDS_DIR.glob("[!_]*.py")]
    return {command.name: command for command in sorted(found, key=lambda command: command.name)}


def _read_command(path: Path) -> Command:
    literals: dict[str, object] = {}
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
            literals |= {
                target.id: statement.value.value for target in statement.targets if isinstance(target, ast.Name)
            }
    return Command(
        name=str(literals["NAME"]),
        help=str(literals["HELP"]),
        module=f"denghuo.main.commands.{path.stem}",
        needs_django=bool(literals.get("NEEDS_DJANGO", False)),
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code: 0 done, 1 the answer is no, 2 the person can put it right."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    commands = find_commands()
    parser = argparse.ArgumentParser(prog="denghuo", description="Denghuo: the lights of ten thousand homes.")
    parser.add_argument("--version", action="version", version=f"denghuo {__version__}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    wanted = next((word for word in arguments if not word.startswith("-")), None)
    try:
        module = _declare(subparsers, commands, wanted)
        if wanted is not None and module is None:
            near = get_close_matches(wanted, commands, n=1)
            parser.error(f"there is no command {wanted}; " + (f"did you mean {near[0]}?" if near else "see --help"))
        options, rest = parser.parse_known_args(arguments)
        if rest:
            subparsers.choices.get(wanted or "", parser).error(f"unrecognized arguments: {' '.join(rest)}")
        if module is None:
            parser.print_help()
            return 2
        return int(module.run(options) or 0)
    except (UserError, OSError) as error:
        if isinstance(error, BrokenPipeError):
            return _leave_quietly()
        told = str(error)
        if isinstance(error, OSError) and error.filename is not None:
            told = f"{error.filename} cannot be used ({error.strerror})"
        sys.stderr.write(f"denghuo: {told}\n")
        return 2
    except KeyboardInterrupt:
        return 130


def _declare(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]", commands: dict[str, Command], wanted: str | None
) -> ModuleType | None:
    module = None
    for command in commands.values():
        parser = subparsers.add_parser(command.name, help=command.help, description=command.help)
        if command.name == wanted:
            module = _import(command)
            module.add_arguments(parser)
    return module


def _import(command: Command) -> ModuleType:
    if command.needs_django:
        import django

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "denghuo.main.settings")
        django.setup()
    return importlib.import_module(command.module)


def _leave_quietly() -> int:
    """The reader of a pipe went away (`denghuo trace | head`): not an error, and nothing more can be printed."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
