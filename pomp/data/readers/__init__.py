"""Files of a cohort folder → checked tables; every reader adds what it finds wrong to one list of problems."""
