"""A run, from the suite to the leaderboard: plan, execute, journal, track (`flow` has it on one screen)."""
