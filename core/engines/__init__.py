"""Engines: World + agent -> Trace. `ev2gym` steps the real EV2Gym and is the reference."""
