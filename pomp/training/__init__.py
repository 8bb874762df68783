"""Pre-training and fine-tuning of one fold: data in, weights and risks out. It knows no run folder and no queue."""
