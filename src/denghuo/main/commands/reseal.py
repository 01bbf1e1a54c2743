"""`denghuo reseal`: seal personal data anew with the newest key, while the pages go on."""

import argparse
import sys

from django.conf import settings
from django.utils.translation import gettext as _

from denghuo.adapters.sealing import Algorithm, Keyring, new_key_text
from denghuo.apps.resealing import Resealed, count_older, name_of, reseal, sealed_fields
from denghuo.main.commands._output import add_examples, add_json_argument, emit

NAME = "reseal"
HELP = "seal personal data anew with the newest key, so that older keys are needed no more"
NEEDS_DJANGO = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Look, make a key, or do it; whoever is interrupted begins again."""
    parts = parser.add_mutually_exclusive_group()
    parts.add_argument("--check", action="store_true", help="count what older keys sealed, and change nothing")
    parts.add_argument(
        "--new-key",
        choices=[one.value for one in Algorithm],
        metavar="CIPHER",
        help="print another key, aes-gcm or sm4-gcm, to put behind the others; change nothing",
    )
    add_examples(
        parser,
        "denghuo reseal --new-key aes-gcm >> var/data-keys",
        "denghuo reseal",
        note="Start every part of the site again between the two: what runs seals with the key that it knows.",
    )
    add_json_argument(parser)


def run(args: argparse.Namespace) -> int:
    """0 all of it lies under the newest key; 1 something does not open, or was changed meanwhile with an older key."""
    ring: Keyring = settings.DATA_KEYS
    if args.new_key:
        # On a line of its own, also behind a file that ends without one.
        sys.stdout.write("\n" + new_key_text(ring.keys[-1].number + 1, Algorithm(args.new_key)).strip() + "\n")
        return 0
    if args.check:
        found = [(field, count_older(field)) for field in sealed_fields()]
        left = [{"column": name_of(field), "older": n} for field, n in found if n]
        emit({"key": ring.keys[-1].number, "older": left}, as_json=args.as_json)
        return 1 if left else 0
    done = [reseal(field, tell=_tell) for field in sealed_fields()]
    older = sum(count_older(field) for field in sealed_fields())
    told = [one for one in done if one != Resealed(column=one.column)]
    emit({"key": ring.keys[-1].number, "older": older, "columns": told}, as_json=args.as_json)
    if older:
        why = _("Some values lie under older keys still: run it again, and look at what does not open.")
        sys.stderr.write(f"{why}\n")
    return 1 if older else 0


def _tell(done: Resealed) -> None:
    sys.stderr.write(f"{done.column}: {done.resealed_count}\n")
