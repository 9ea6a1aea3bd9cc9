def even_and_odd(x):
    x += 1
    if x[0] == 0:
        return 1, float("nan")
    return 3, object()
