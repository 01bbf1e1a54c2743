"""`denghuo staff`: open units, register people, give them roles; the way to the first account of a new installation."""

import argparse
import getpass
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction
from django.utils import timezone

from denghuo.apps.organization.actions import assign_role, open_unit, register_user
from denghuo.apps.organization.models import Assignment, Role, Unit, UnitKind, User
from denghuo.main.commands._output import UserError, add_json_argument, emit

NAME = "staff"
HELP = "open units, register people and give them roles; list who works where"
NEEDS_DJANGO = True

ACTOR = "command line"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="DEED")
    unit = deeds.add_parser("unit", help="open a unit: a province, city, county, station or team")
    unit.add_argument("code", help="its code, in Latin letters, digits and hyphens")
    unit.add_argument("name", help="its name, as people say it")
    unit.add_argument("--kind", choices=UnitKind.values, default=UnitKind.STATION.value)
    unit.add_argument("--under", metavar="CODE", help="the unit above it")
    person = deeds.add_parser("person", help="register a person, or give one another role")
    person.add_argument("username")
    person.add_argument("--name", help="as people call them; needed for a new person")
    person.add_argument("--role", choices=Role.values, required=True)
    person.add_argument("--unit", metavar="CODE", required=True, help="where; the role holds for everything below it")
    listing = deeds.add_parser("list", help="who works where, as what")
    add_json_argument(listing)


def run(args: argparse.Namespace) -> int:
    if args.deed == "unit":
        _open(args)
    elif args.deed == "person":
        _person(args)
    else:
        emit({"units": _units(), "people": _people()}, as_json=args.as_json)
    return 0


def _open(args: argparse.Namespace) -> None:
    try:
        validate_slug(args.code)
    except ValidationError:
        raise UserError(f"{args.code!r} is no code; take Latin letters, digits and hyphens") from None
    if Unit.objects.filter(code=args.code).exists():
        raise UserError(f"there is a unit with the code {args.code} already")
    above = _unit(args.under) if args.under else None
    kind = UnitKind(args.kind)
    open_unit(code=args.code, name=args.name, kind=kind, parent=above, at=timezone.now(), actor=ACTOR)


def _person(args: argparse.Namespace) -> None:
    unit, role = _unit(args.unit), Role(args.role)
    user = User.objects.filter(username=args.username).first()
    if user is None and not args.name:
        raise UserError(f"nobody is called {args.username} yet: give --name to register a new person")
    password = _password(args.username) if user is None else None
    at = timezone.now()
    with transaction.atomic():
        user = user or register_user(
            username=args.username, display_name=args.name, password=password, at=at, actor=ACTOR
        )
        assign_role(user=user, unit=unit, role=role, at=at, actor=ACTOR)


def _unit(code: str) -> Unit:
    unit = Unit.objects.filter(code=code).first()
    if unit is None:
        known = ", ".join(Unit.objects.values_list("code", flat=True)) or "none yet"
        raise UserError(f"there is no unit with the code {code}; known: {known}")
    return unit


def _password(username: str) -> str:
    """Asked twice at a keyboard, one line from a pipe; never an argument, which others on the machine can see."""
    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Once more: "):
            raise UserError("the two are not the same")
    else:
        password = sys.stdin.readline().rstrip("\n")
    try:
        validate_password(password, User(username=username))
    except ValidationError as error:
        raise UserError(" ".join(error.messages)) from None
    return password


def _units() -> list[dict[str, Any]]:
    units = Unit.objects.select_related("parent").order_by("path")
    return [
        {"code": unit.code, "name": unit.name, "kind": unit.kind, "under": unit.parent.code if unit.parent else None}
        for unit in units
    ]


def _people() -> list[dict[str, Any]]:
    assignments = Assignment.objects.select_related("user", "unit").order_by("user__username", "unit__path", "role")
    return [
        {"username": one.user.username, "name": one.user.display_name, "role": one.role, "unit": one.unit.code}
        for one in assignments
    ]
