"""Every check: its rule, why, how to mend what fails it, and the probe that tries it."""
