"""Staffing of the hotline: forecast, requirement, roster, duties, and what is done when telephones ring for an outage.

Owns the rules of staffing, the calendar, forecasts, monthly plans with their duties, absences and wishes, surges and
whom they call up. Does not own calls, agents and signing-in (hotline), outages (outages), or what announcements say.
"""
