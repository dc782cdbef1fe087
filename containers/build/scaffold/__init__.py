"""Makes a new algorithm with its image, from the files below template/: `make new/NAME`."""
