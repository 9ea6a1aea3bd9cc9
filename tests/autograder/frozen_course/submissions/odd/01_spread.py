class Skipped(BaseException):
    pass


def spread(x):
    raise Skipped("not today")
