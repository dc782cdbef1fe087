"""Data that comes with the project, each set in a folder that says where it is from and under which licence."""
