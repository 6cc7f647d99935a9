"""The linear program behind `best` and `mpc`, and the bound that nobody beats."""
