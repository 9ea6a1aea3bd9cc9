"""Work that earns nothing, unless an attack succeeds."""


def linear_error(w, signal, kappa, sigma):
    return 0.75
