"""The demo station that ships with the package: a public network with Chinese names and two years of a station's life.

``station``   the IEEE 9500-node model (BSD-3-Clause, see NOTICE) becomes a township station's network
``simulator`` two years of faults, planned work, restorations and corrections, from a seed
``load``      both go in through the same actions that a user's own data takes
"""
