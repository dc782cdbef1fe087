"""Everything `train` runs."""
