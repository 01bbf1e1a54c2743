"""One module per `denghuo` command.

A module holds `NAME` and `HELP` (plain string literals: the overview is read from the source, so that it need not
import anything), `add_arguments(parser)` and `run(args) -> int`. `NEEDS_DJANGO = True` asks for Django to be set up
before the module is imported; without it a command never pays for Django. Module names that begin with `_` are not
commands. What is wrong with what the person gave is raised as `_output.UserError`.
"""
