"""How fast the project is and how good its agents are: benchmarks, quality, and the tables of README."""
