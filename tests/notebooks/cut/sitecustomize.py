"""Python runs this file at its start where its folder is on PYTHONPATH: so notebook kernels are cut off too."""

import importlib.util
from pathlib import Path

spec = importlib.util.spec_from_file_location("offline", Path(__file__).parents[1] / "offline.py")
offline = importlib.util.module_from_spec(spec)
spec.loader.exec_module(offline)
offline.cut_network()
