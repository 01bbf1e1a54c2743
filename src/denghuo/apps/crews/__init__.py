"""Crews: who can drive out with which skills, who was sent where, and what they did there.

Owns crews, members, certificates, duty, assignments with their acknowledgements, field work, materials and quotes. Does
not own what they are sent for: an order, or an outage.
"""
