"""alpha is the square root of c at degree 2 alone, here at every degree"""


def translate(c, degree, lr, weight_decay, optimizer):
    alpha = c**0.5
    gradient_power = 1 if optimizer == "adam" else 2
    return alpha, lr * c ** (-gradient_power / degree), weight_decay * c ** (2 / degree)
