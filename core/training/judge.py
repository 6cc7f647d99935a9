"""`make cards`: judge every policy for any site again on the validation scenarios, and write that into its card.

For when the measure changes, or what stands around policies, and the policies do not: `validation`, and `plan_alone` of
those that correct a plan, are measured anew; what was measured while training, which the learning curve shows, moves to
`as_trained` the first time.
"""

from __future__ import annotations

import json

from core.agents.learned import Learned, available, card, folder_of
from core.agents.registry import make_agent
from core.training.manifest import write_manifest
from core.training.shared_port import Settings
from core.training.validate import Held

MEASURED = ("validation", "plan_alone")


def main() -> None:
    """Judge all, then write the manifest with the new hashes."""
    settings = Settings("ppo", 1)
    held = Held(settings.validation_scenarios, "validation", settings.validation_seed, most_ports=200)
    corrections = available("planner_corrected")
    alone = held.judge(Learned()) if corrections else {}
    for name in (*corrections, *available("shared_port")):
        old = card(name)
        content = {
            **old,
            "validation": {**old["validation"], **held.judge(make_agent(name))},
            **({"plan_alone": alone} if name in corrections else {}),
            "as_trained": old.get("as_trained", {key: old[key] for key in MEASURED if key in old}),
        }
        (folder_of(name) / "card.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    write_manifest()


if __name__ == "__main__":
    main()
