"""`python -m pomp`, which is how jobs are launched."""

from pomp.cli import main

main()
