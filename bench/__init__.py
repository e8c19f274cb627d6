"""Repeatable measurements, each against a named limit: `make bench`."""
