def scale(values):
    return values * 100
