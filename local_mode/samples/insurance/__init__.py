"""Premiums of medical insurance: the data of `make demo/insurance`, and the features made of it."""
