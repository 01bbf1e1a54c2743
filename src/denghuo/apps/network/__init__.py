"""The network as it is and as it is switched: assets, normal state, the switching log, who hangs on what.

Owns the network model of each station (nodes, branches, switches, transformers, loads, sources, feeders) and the log
of every switching operation. The present state is never stored: it is the normal state with the log replayed over it.
Does not own outages (why supply was lost), crews, or customers' files.
"""
