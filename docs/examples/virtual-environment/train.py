"""A script that needs a package of its virtual environment. It knows nothing of gainsweep."""
import argparse
import json
from pathlib import Path

import decaying

from tools import save

parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float)
parser.add_argument("--folder", type=Path)
options = parser.parse_args()
save(options.folder / "result.json", json.dumps({"left": decaying.left(options.rate)}))
