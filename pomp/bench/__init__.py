"""What `pomp bench` measures: each module does one piece of work twice, our way and another's, in one run."""
