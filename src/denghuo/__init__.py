"""灯火 Denghuo: the open platform for electric-supply service quality."""

__version__ = "0.1.0"
