"""Car-insurance claims, some of them fraud: the data of `make demo`, and the features made of it."""
