"""The curves of a sweep's runs: training risk and test accuracy over epochs, a column per c."""

import numpy as np

from fls_teach import plotting

ENDS = {"reached": "o", "budget": ">", "diverged": "x", "dead": "v"}
"""The mark at the end of a run."""


@plotting.styled
def curves_figure(grid):
    """Plot the curves of every finished run of a grid.

    Parameters
    ----------
    grid : fls_teach.vision.sweep.table.Grid

    Returns
    -------
    matplotlib.figure.Figure
    """
    columns = len(grid.log2_c)
    figure, axes = plotting.subplots(
        2, columns, size=(max(7.5, 1.5 + 1.9 * columns), 6.0), sharex="col", sharey="row", squeeze=False
    )
    colours = [plotting.CYCLE[j % len(plotting.CYCLE)] for j in range(len(grid.lr))]
    for (_, i, j), record in sorted(grid.records.items()):
        trained = record["trained"]
        looks = {"color": colours[j], "lw": 1.0, "alpha": 0.8}
        risk, accuracy = np.array(trained["train_risk"]), 100 * np.array(trained["test_accuracy"])
        tested = grid.common.tested(len(risk) - 1)[: len(accuracy)]  # a run that diverged has no last test
        for axis, epochs, values in ((axes[0, i], np.arange(len(risk)), risk), (axes[1, i], tested, accuracy)):
            axis.plot(epochs, values, **looks)
            axis.plot(epochs[-1], values[-1], ENDS.get(trained["status"], "o"), color=colours[j], ms=5)
    for i, k in enumerate(grid.log2_c):
        axes[0, i].set_title(f"c = $2^{{{k:g}}}$")
        axes[1, i].set_xlabel("epochs")
        axes[0, i].set_yscale("log")
    axes[0, 0].set_ylabel("training risk of c f")
    axes[1, 0].set_ylabel("test accuracy (%)")
    there = [name for name in ENDS if (grid.status == name).any()]
    looks = [{"color": colours[j], "label": f"lr {lr:g}"} for j, lr in enumerate(grid.lr)]
    looks += [{"marker": ENDS[name], "ls": "", "color": plotting.INK, "ms": 5, "label": name} for name in there]
    handles = [axes[0, 0].plot([], [], **look)[0] for look in looks]
    figure.legend(handles=handles, loc="outside lower center", ncols=min(8, len(handles)))
    figure.suptitle(grid.title, fontsize=11)
    return figure
