"""Continuity of supply: booked interruptions, reliability indices, targets.

Owns every load's booked intervals without supply, the targets they are held against, and every reliability figure shown
anywhere. Does not own why supply was lost (outages) or the switching log they come from (network).
"""
