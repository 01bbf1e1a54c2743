"""What `./run` does: set up what is missing, then hand over to `denghuo up` with the demo station."""

import os
import sys

import prepare


def main() -> int:
    try:
        prepare.packages("base")
        prepare.assets()
        prepare.translations()
        prepare.engines()
    except prepare.SetupError as error:
        print(f"Set-up stopped. {error}", file=sys.stderr)
        return 1
    os.environ.setdefault("DENGHUO_DEMO", "1")
    sys.stdout.flush()
    return os.execv(prepare.PYTHON, [str(prepare.PYTHON), "-m", "denghuo", "up", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
