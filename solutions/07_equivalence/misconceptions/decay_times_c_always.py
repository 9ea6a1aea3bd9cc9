"""c wd is the rule for degree 2 alone, here it is used at every degree"""


def translate(c, degree, lr, weight_decay, optimizer):
    alpha = c ** (1 / degree)
    gradient_power = 1 if optimizer == "adam" else 2
    return alpha, lr * c ** (-gradient_power / degree), weight_decay * c
