"""`make cards`: judge every planner-corrected policy again on the validation scenarios, and write that into its card.

For when the measure changes and the policies do not: `validation` and `plan_alone` are measured anew; what was measured
while training, which the learning curve shows, moves to `as_trained` the first time.
"""

from __future__ import annotations

import json

from core.agents.learned import Learned, available, card, folder_of, load_policy
from core.training.manifest import write_manifest
from core.training.train import Settings
from core.training.validate import Held

MEASURED = ("validation", "plan_alone")


def main() -> None:
    """Judge all, then write the manifest with the new hashes."""
    settings = Settings("ppo", 1)
    held = Held(settings.validation_scenarios, "validation", settings.validation_seed, most_ports=200)
    alone = held.judge(Learned())
    for name in available("planner_corrected"):
        old = card(name)
        found = held.judge(Learned(load_policy(name)))
        content = {
            **old,
            "validation": {**old["validation"], **found},
            "plan_alone": alone,
            "as_trained": old.get("as_trained", {key: old[key] for key in MEASURED}),
        }
        (folder_of(name) / "card.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    write_manifest()


if __name__ == "__main__":
    main()
