"""Fills memory up to 8 GiB, catches every MemoryError, keeps all it has and goes on in smaller pieces.

exercise: 08_bayes_error
verdict: memory|timeout|crashed
"""

hoard, total = [], 0


def linear_error(w, signal, kappa, sigma):
    global total
    piece = 2**26
    while total < 2**33:
        try:
            hoard.append(b"x" * piece)
            total += piece
        except MemoryError:
            piece = max(piece // 2, 2**10)
    return 0.75
