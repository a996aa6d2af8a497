"""A run from the suite to the leaderboard: plan, execute, journal, track; `flow` contains these steps in order."""
