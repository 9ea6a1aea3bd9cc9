"""the learning rate is not translated"""


def translate(c, degree, lr, weight_decay, optimizer):
    alpha = c ** (1 / degree)
    return alpha, lr, weight_decay * c ** (2 / degree)
