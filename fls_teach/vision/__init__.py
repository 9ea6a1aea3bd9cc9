"""The CNN experiments: networks with an output multiplier c, trained over a grid of c and learning rate.

Nothing here is imported by the theory, and nothing outside imports torch. The modules, in reading order:

* `run`: the parameters of one run, and its name on disk (no torch);
* `grid`: many runs from ranges of powers of two (no torch);
* `dataset`, `latent`, `biggan`, `cifar`: labelled images as tensors of bytes; `load` chooses;
* `models`, `multiplier`: the networks, and c in front of them;
* `train`: one readable run;
* `engines`, `fused`, `executors`: the same run many times, one after another, on many cores, or in one set of kernels;
* `store`, `sweep`: one file a finished run, and a sweep that goes on where it was.
"""
