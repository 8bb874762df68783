"""Before a launch: the time, memory and cost of a run on a named device. `plan` makes the `Forecast` of `result`."""
