import a_module_that_is_nowhere


def spread(x):
    return a_module_that_is_nowhere.spread(x)
