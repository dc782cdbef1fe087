"""Printed letters, described by 16 numbers each: the data of `make demo/letters`."""
