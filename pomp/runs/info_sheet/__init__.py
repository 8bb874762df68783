"""What a paper, or a reviewer, must be told about a run: its facts, and an information sheet made of them."""
