"""Demonstrations: a sample from raw data to an endpoint's answers, and the result beside a reference."""
