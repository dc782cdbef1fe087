import math

# What is wrong stands two calls deep.
RATE = math.floor(1 / 0)
