"""Settings chosen by training folds alone: variants are scored inside them, and the best is tested once."""
