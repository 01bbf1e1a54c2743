"""Pure science: numpy arrays in, frozen results out. No Django, no files, no clock, no language."""
