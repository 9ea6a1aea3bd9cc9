"""Draw the pictures of lessons: ``python docs/pictures/draw.py 01 02 …`` writes exercises/NN_slug/picture.png."""

import runpy
import sys
from pathlib import Path

from fls_teach import plotting

HERE = Path(__file__).parent
for number in sys.argv[1:]:
    (script,) = HERE.glob(f"{number}_*.py")
    figure = runpy.run_path(str(script))["draw"]()
    target = HERE.parents[1] / "exercises" / script.stem / "picture.png"
    with plotting.applied():
        figure.savefig(target, dpi=110, metadata={"Software": None})
    print(f"{target}  {target.stat().st_size / 1024:.0f} KB")
