"""Formats and wires: foreign files read into the columns of the engines. No Django."""
