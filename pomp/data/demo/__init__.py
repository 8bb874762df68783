"""A synthetic cohort in the formats a user would bring, with the planted truth beside it."""

from pomp.data.demo.build import build_demo

__all__ = ["build_demo"]
