"""The Reproduce page: what the paper prints beside what the runs at hand say."""
