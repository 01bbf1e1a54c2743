"""Who we are: units as a tree, the people in them, what each may do and where.

Owns units (province, city, county, station, team), users, and their assignments (this person, in this unit, in this
role). A person's data scope is the set of unit paths of these assignments: everything below a path, nothing beside it.
Does not own customers, crews' skills, or what anybody did: that is in the ledger.
"""
