"""`denghuo manage ...`: Django's own commands (migrate, createsuperuser, shell), with this product's settings."""

import argparse
import os

NAME = "manage"
HELP = "run one of Django's own commands, such as `denghuo manage migrate`"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rest", nargs=argparse.REMAINDER, metavar="...", help="the Django command and its options")


def run(args: argparse.Namespace) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "denghuo.main.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(["denghuo manage", *args.rest])
    return 0
