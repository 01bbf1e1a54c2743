"""灯火 Denghuo: the open platform for electric-supply service quality."""

import os

# Our matrices are small: threads of the linear algebra only get in each other's way (a fit of two years of calls took
# 28 s with two of them, 2 s with one). Said before numpy is first imported; who knows better sets it otherwise.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"
