"""What make runs to build the images, and to find out what this machine lacks for it."""
