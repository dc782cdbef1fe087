"""Salaries by years of experience, made by a program: the data of `make demo/salary`."""
