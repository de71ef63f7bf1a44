"""A policy in plain words: its tiers, its rules and its stages."""
