"""The package of the environment: copied into it, as pip would install it."""
import math


def left(rate):
    return round(math.exp(-rate), 9)
