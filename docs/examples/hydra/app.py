"""A Hydra application. It knows nothing of gainsweep."""
import json
import logging
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

log = logging.getLogger(__name__)


@hydra.main(version_base=None, config_path="conf", config_name="config")
def main(config: DictConfig) -> None:
    weight = 0.0
    for _ in range(config.training.steps):
        weight -= config.optimizer.lr * 2 * (weight - config.model.target)
    error = (weight - config.model.target) ** 2
    log.info("error %g", error)
    out = Path(HydraConfig.get().runtime.output_dir)
    (out / "result.json").write_text(json.dumps({"error": error, "weight": weight}))


if __name__ == "__main__":
    main()
