"""alpha is taken to be c itself, as if f were linear in its weights"""


def translate(c, degree, lr, weight_decay, optimizer):
    alpha = c
    gradient_power = 1 if optimizer == "adam" else 2
    return alpha, lr * c ** (-gradient_power / degree), weight_decay * c ** (2 / degree)
