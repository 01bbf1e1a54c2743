"""`python -m denghuo` is the command `denghuo`."""

import sys

from denghuo.main.cli import main

sys.exit(main())
