import os


def spread(x):
    print("on the way out")
    os._exit(3)
