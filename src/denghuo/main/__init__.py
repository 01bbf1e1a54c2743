"""The composition root, the only part that knows every other: settings, addresses, flow, commands, base page."""
