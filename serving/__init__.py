"""Everything `serve` runs."""
