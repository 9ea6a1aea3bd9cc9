"""The CNN experiments: networks with an output multiplier c, trained over a grid of c and learning rate.

The theory imports nothing from here, and only this package imports torch. A ValueError that a user can cause has one
sentence as its message. The modules, in reading order:

* `run`: the parameters of one run, and its name on disk (no torch);
* `data`: labelled images as tensors of bytes; `data.load` chooses;
* `models`: the networks, and `models.multiplier`, c in front of them;
* `training.train`: one readable run; `training.fused`: many at once in one set of kernels;
* `sweep`: grids of runs, one file per finished run, resumable; its engines and executors; the table of what was found.
"""
